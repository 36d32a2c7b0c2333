//! Third parties' webhooks: whether a request comes from who it says, what is in it, and which events that makes.
//!
//! There is no I/O here, and neither a clock nor dice: callers hand in the request as it was seen, and the time. Providers
//! are data: `presets/` has a file for each.
//!
//! ```
//! use barid_inbound::{Budget, Decision, Incoming, Source, presets};
//! use barid_registry::source::{SourceReading, read};
//! use chrono::DateTime;
//!
//! let document = serde_json::json!({"name": "site", "preset": "api-key", "secret": "a secret of ours"});
//! let reading = SourceReading { presets: presets(), tenant: None, current: None };
//! let source = Source::compile(read(&document, &reading)?.into())?;
//!
//! let headers: [(&str, &[u8]); 2] = [("X-Api-Key", b"a secret of ours"), ("Content-Type", b"application/json")];
//! let body = br#"{"id": "d-1", "type": "deal.won", "data": {"id": "7"}}"#;
//! let incoming = Incoming { method: "POST", url: "https://hooks.example.com/in/st_..", headers: &headers, body };
//! let mut budget = Budget::new(&|| false);
//! let decision = source.receive(&incoming, DateTime::UNIX_EPOCH, &mut budget);
//! let Decision::Accepted(accepted) = decision else { panic!("refused") };
//!
//! // Publish each, wait for the confirms, and only then answer with `accepted.acknowledgement`.
//! let (_, event) = source.events(&accepted, &mut budget)?.remove(0);
//! let event = event?;
//! assert_eq!(event.envelope.event_type.as_str(), "deal.won");
//! assert_eq!(event.envelope.source.as_str(), "/sources/site");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! - [`Source::receive`] answers handshakes, verifies the raw bytes, reads the body and splits batches.
//! - [`Source::events`] makes an event of each item, by the rules of the source's mapping.
//! - [`sign`] makes the request that a provider would send, to try a source.

mod batch;
mod body;
mod budget;
mod incoming;
mod key;
mod map;
mod presets;
mod reason;
mod sample;
mod signed;
mod source;
mod verify;

#[cfg(test)]
mod tests;

pub use batch::MAX_ITEMS;
pub use body::{MAX_BODY_DEPTH, MAX_BODY_VALUES};
pub use budget::{Budget, MAX_MADE_BYTES};
pub use incoming::{Incoming, MAX_HEADER};
pub use key::InvalidKey;
pub use map::{MappedItem, MappingError};
pub use presets::presets;
pub use reason::Reason;
pub use sample::{SignedSample, sign};
pub use source::{Accepted, Decision, Item, MAX_CHALLENGE, Source};
pub use verify::MAX_SIGNATURES;
