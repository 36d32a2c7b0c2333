//! The router role: one event in, one work message per lane out.
//!
//! A [`Router`] takes messages from the inbox, reads the event in each, finds the subscriptions that want it, and publishes
//! their deliveries to lanes. It acknowledges a message when everything published for it is confirmed, and not before. What
//! is no event becomes a dead letter. It also looks after the queue of what no other queue took, and proves once a minute
//! with a canary that events reach the inbox at all.
//!
//! Decisions are plain functions over values, clock and dice included: `admission` (is it an event, and may it come in),
//! `schema` (is its data as registered), `filters` (which subscriptions want it), `fanout` (which deliveries travel
//! together), `lanes` (where), `strays` (what arrived in the wrong place), `gate` (may
//! work start). `planner` puts them together, and `sorter` is the one loop that acts.

mod admission;
mod canary;
mod checks;
mod config;
mod depths;
mod fanout;
mod filters;
mod gate;
mod lanes;
mod metrics;
mod plan;
mod planner;
mod publishers;
mod records;
mod router;
mod slow;
mod sorter;
mod strays;
mod work;

pub use config::Config;
pub use metrics::Metrics;
pub use publishers::{Publishers, Speaks};
pub use router::Router;
