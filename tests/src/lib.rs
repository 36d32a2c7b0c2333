//! The harness of the end-to-end suite: real RabbitMQ nodes, real `barid` processes, real HTTP receivers, and a proxy that
//! takes the network away.
//!
//! A test makes a [`World`], says who subscribes, starts processes in it, breaks something, and lets the world's
//! [`finish`](World::finish) prove that nothing is left unsettled anywhere. Nothing here sleeps and hopes:
//! [`eventually()`] is the one way to wait.
//!
//! Variables: `BARID_BROKER__URL` is a broker to use instead of the private one, `BARID_BIN` a binary to use instead of the
//! one built beside the tests, `BARID_TEST_SEED` the dice of a crash test that is to be repeated.

mod api;
mod broker;
mod chaos;
mod command;
mod events;
mod eventually;
pub mod guide;
mod http;
mod load;
mod metrics;
mod postgres;
mod process;
pub mod python;
pub mod receiver;
mod stranger;
mod subscriptions;
mod tls;
mod verdict;
mod witness;
mod world;

pub use api::Api;
pub use broker::{OwnNode, shared_broker};
pub use chaos::Chaos;
pub use command::{Finished, run};
pub use events::{event, event_with};
pub use eventually::{PATIENCE, eventually, found, now};
pub use http::Answer;
pub use load::Load;
pub use postgres::Database;
pub use process::Process;
pub use receiver::Receiver;
pub use stranger::{Language, Stranger};
pub use subscriptions::{SECRET, Wants};
pub use tls::{TlsFront, pki};
pub use verdict::{Ledger, Verdict};
pub use witness::{Message, Queue, Witness};
pub use world::{Launch, World};
