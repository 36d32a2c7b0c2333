//! The dispatcher role: a delivery in, one HTTP attempt, then settled, put on the delay ladder, or dead.
//!
//! Decisions are plain functions and state machines without I/O: [`Limits`] and the scheduler (who may send now), the
//! outcome of an answer, the next step of a schedule, the fate of an unknown subscription, and which deliveries in
//! memory belong to which message. One task owns them all; around it, requests and publishes are tasks that report
//! back. So nothing is locked, and one slow subscriber delays nobody else.
//!
//! What comes next for a delivery is always published and confirmed before its message is acknowledged.

mod attempt;
mod config;
mod groups;
mod limits;
mod metrics;
mod outcome;
mod parcel;
mod schedule;
mod scheduler;
mod unknown;
mod worker;

pub use config::Config;
pub use limits::Limits;
pub use metrics::Metrics;
pub use worker::Dispatcher;
