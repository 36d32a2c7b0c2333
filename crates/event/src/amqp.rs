//! Events in AMQP 0.9.1 messages, as any client library of any language writes them.
//!
//! CloudEvents has no official binding for 0.9.1. This one reads the prefixes in use (`cloudEvents_`, `cloudEvents:`,
//! `ce-`, `ce_`), structured JSON, and plain messages that say everything with basic properties; it writes
//! `cloudEvents_`, which an AMQP 1.0 consumer of the same queue understands. What a broker or a client adds (`CC`, `BCC`,
//! expiration, priority, `x-..`) never becomes part of an event.

mod message;
mod read;
mod structured;
mod write;

pub use message::{Limits, Message};
pub use read::{Read, read};
pub use write::write;

/// The prefixes that make a header an attribute. The same attribute under two of them must have the same value.
const PREFIXES: [&str; 4] = ["cloudEvents_", "cloudEvents:", "ce-", "ce_"];

/// The attributes that a header may also give by their bare name.
const BARE: [&str; 3] = ["tenant", "subject", "dataschema"];
