//! Events for tests.

use anyhow::Result;
use barid_event::{ContentType, Envelope, Event, Extensions, Tenant};
use bytes::Bytes;

use crate::eventually::now;

/// An event of this type and id, from the source `tests`, with a little JSON in it.
///
/// # Errors
/// When the type or the id is none.
pub fn event(event_type: &str, id: &str) -> Result<Event> {
    event_with(event_type, id, format!(r#"{{"id":"{id}"}}"#))
}

/// The same with this data.
///
/// # Errors
/// When the type or the id is none.
pub fn event_with(event_type: &str, id: &str, data: impl Into<Bytes>) -> Result<Event> {
    let envelope = Envelope {
        id: id.parse()?,
        source: "tests".parse()?,
        event_type: event_type.parse()?,
        time: now(),
        subject: None,
        datacontenttype: ContentType::default(),
        dataschema: None,
        tenant: Tenant::default(),
        extensions: Extensions::default(),
    };
    Ok(Event { envelope, data: data.into() })
}
