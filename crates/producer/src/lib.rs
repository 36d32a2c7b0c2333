//! The library a CRM service links to publish events to Barid.
//!
//! ```no_run
//! use barid_producer::{NewEvent, Producer};
//!
//! # async fn publish() -> Result<(), Box<dyn std::error::Error>> {
//! let producer = Producer::connect("amqp://guest:guest@127.0.0.1:5672/%2f").await?;
//!
//! let event = NewEvent::new("contact.created")
//!     .source("sales")
//!     .tenant("acme")
//!     .subject("contact/1")
//!     .json(&serde_json::json!({"name": "Ada", "email": "ada@example.com"}))?;
//!
//! producer.publish(&event).await?; // returns when the broker has confirmed it
//! producer.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! A service needs this library as little as any other: an event is an ordinary AMQP message on the exchange `crm.events`.
//! What the library adds is that nothing gets lost on the way there.
//!
//! # Publishing
//!
//! - [`Producer::publish`] returns `Ok` when the broker has confirmed the event, and not before. The event is then stored
//!   on a majority of the broker's nodes.
//! - Many publishes may be in flight: clone the producer (it is cheap) into tasks, or await many futures together. One at a
//!   time costs a round trip to the broker each.
//! - The connection is made again by itself, for ever. A publish meanwhile waits, at most [`Config::publish_timeout`].
//! - Each error says what can be done about it: see [`Error`]. After [`Error::Lost`] the event may or may not be stored:
//!   publish the *same* [`Event`] again. It has the same id, by which receivers know a duplicate.
//! - [`Producer::publish_until_confirmed`] does that for you, for as long as it takes.
//!
//! An event that must never be lost although the service may crash before the confirm belongs in the service's own database,
//! in the same transaction as the change it tells of, until it is confirmed.
//!
//! # Events
//!
//! [`NewEvent`] makes an [`Event`] with a fresh id and the present time, and checks everything that routers will check, so
//! that no event becomes a dead letter for its form. An id that comes from the change itself (`"contact-1-v7"`) is better
//! than a fresh one where there is one: a change published twice is then one event.

mod config;
mod error;
mod new_event;
mod producer;

pub use barid_event::Event;
pub use config::Config;
pub use error::{Error, InvalidEvent};
pub use new_event::NewEvent;
pub use producer::Producer;
