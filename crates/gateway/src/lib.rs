//! The gateway role: the HTTP API. Events come in here, and everything that is registered is managed here; it is the only
//! crate that names axum.
//!
//! - `events` takes events in: as plain JSON, or as CloudEvents in each of their HTTP forms.
//! - `api` has a file per endpoint of what is registered, to be read from top to bottom.
//! - `inbound` takes third parties' webhooks in: what has the token of a source is verified, mapped and published.
//! - `access` decides who may do what: one table of routes, which the server and a test of the document both read.
//! - `http` is what all endpoints share: strict reading, problems, pages, versions.
//! - `janitor` deletes the own lanes that nobody needs any more.
//! - [`openapi()`] is the document of all this, which is checked in and served.
//!
//! An event is accepted (202) when the broker has confirmed it, and not before. A change is committed to the store, then
//! every process is told; `?wait=1` waits until the routers have it.

mod access;
mod api;
mod app;
mod changes;
mod clock;
mod config;
mod destination;
mod docs;
mod events;
mod gateway;
mod http;
mod inbound;
mod janitor;
pub mod keys;
mod local;
mod metrics;
mod observe;
mod openapi;
mod operations;
mod rate;
mod routes;
mod server;
mod trial;
mod usage;

pub use config::{Config, DefaultQuotas, Limits};
pub use destination::{RefusedDestination, judge_destination};
pub use gateway::{Bound, Gateway, Supplies};
pub use local::Local;
pub use metrics::Metrics;
pub use openapi::openapi;
