//! All of RabbitMQ: the only crate that names its client library.
//!
//! - [`link`]: supervised connections, one to publish and one to consume.
//! - [`publisher`]: publishing with confirms, many in flight, each with its own verdict.
//! - [`consumer`]: consuming for ever, acknowledging in batches.
//! - [`topology`]: every exchange, queue and binding, as data.
//! - [`delay`]: the arithmetic of the delay ladder. [`depths`]: how many messages wait in queues.
//! - [`work`], [`dead_letter`], [`original`]: what travels in our queues. [`outgoing`]: how it is published.
//! - [`ledger`]: records of every routing decision and attempt. [`stream`], [`journal`]: reading what is kept.
//! - [`morgue`]: looking at, replaying and discarding dead letters.
//! - [`own_lanes`]: the lanes that come and go with a subscription's settings.
//! - [`control`], [`notice`]: what processes tell each other. [`roll_call`]: who is there, and how far.
//! - [`road`]: all of it together, opened once per process.
//!
//! One rule holds at every step: publish the next step with `mandatory`, wait for its confirm, then acknowledge the
//! last one. A crash between the two gives a duplicate with the same id, never a loss.

pub mod config;
pub mod consumer;
pub mod control;
pub mod dead_letter;
pub mod delay;
pub mod depths;
pub mod error;
pub mod frame;
pub mod incoming;
pub mod journal;
pub mod ledger;
pub mod link;
pub mod metrics;
pub mod morgue;
pub mod names;
pub mod notice;
pub mod original;
pub mod outgoing;
pub mod own_lanes;
pub mod publisher;
pub mod road;
pub mod roll_call;
pub mod stream;
pub mod topology;
pub mod work;

pub use config::Config;
pub use error::{Error, PublishError};
pub use incoming::{Incoming, Receipt};
pub use link::{Link, Role};
pub use metrics::Metrics;
pub use names::{Lane, Names, Namespace};
pub use publisher::Publisher;
pub use road::Road;
