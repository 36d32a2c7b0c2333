//! What an event is in Barid: the CloudEvents envelope, its types, patterns, tenants and ids, and how an event
//! travels in an AMQP 0.9.1 message.
//!
//! Every word of the envelope is a type that can only be made correct ([`EventType`], [`Tenant`], [`Source`], ..), so
//! nothing behind this crate checks them again. The payload is bytes: it is checked to be JSON where JSON is claimed
//! ([`amqp::read`]), and never changed. There is no I/O here, and neither a clock nor dice: callers hand them in.

pub mod amqp;

mod attributes;
mod checked;
mod content_type;
mod envelope;
mod event_type;
mod extensions;
mod json;
mod malformed;
mod members;
mod message_id;
mod pattern;
mod tenant;
mod text;
mod time;
mod value;

pub use content_type::{ContentType, InvalidContentType};
pub use envelope::{Envelope, Event};
pub use event_type::{EventType, InvalidType};
pub use extensions::{Extensions, InvalidExtension};
pub use json::MAX_JSON_DEPTH;
pub use malformed::Malformed;
pub use message_id::{InvalidMessageId, MessageId};
pub use pattern::{InvalidPattern, Pattern, PatternWord};
pub use tenant::{InvalidTenant, Tenant};
pub use text::{DataSchema, EventId, InvalidText, Source, Subject};
pub use time::InvalidTime;
pub use value::AttributeValue;

/// The header that counts an event's passages through Barid, on messages and on requests.
pub const HOPS_HEADER: &str = "barid-hops";

/// Every bound on an envelope, in bytes unless it says otherwise.
pub mod bounds {
    pub use crate::content_type::MAX_CONTENT_TYPE;
    pub use crate::event_type::MAX_TYPE;
    pub use crate::extensions::{MAX_EXTENSION_NAME, MAX_EXTENSION_VALUE, MAX_EXTENSIONS};
    pub use crate::pattern::{MAX_PATTERN, MAX_PATTERN_WORDS};
    pub use crate::tenant::MAX_TENANT;
    pub use crate::text::{MAX_DATA_SCHEMA, MAX_ID, MAX_SOURCE, MAX_SUBJECT};
}
