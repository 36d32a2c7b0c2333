//! From a message to an event, or to the reason why it is none.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{BARE, Limits, Message, PREFIXES, structured};
use crate::attributes::Attributes;
use crate::content_type::whole_event_format;
use crate::{Event, EventId, Malformed, Source, json, time};

/// An event that was read from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The event.
    pub event: Event,
    /// Whether its id was made here, because its publisher gave none: such an event cannot be told from its duplicate.
    pub id_was_made: bool,
}

/// Reads the event in a message.
///
/// Each attribute is taken from a header, then from the property that stands for it: id from `message_id` (else
/// `make_id`), type from `type` (else the routing key), source from `app_id` (else `/unknown`), time from `timestamp`
/// (else `now`), and in binary mode the data's type from `content_type` (else `application/json`). In structured mode
/// the body's attributes rank with the headers, and the two must agree.
///
/// The data is a slice of the body, unchanged. Where its type claims JSON it is checked to be JSON, unless it is empty:
/// an event without data is a good event.
///
/// # Errors
///
/// [`Malformed`] if the message is over `limits` or is no event; it never will be one, so nothing is gained by trying
/// again.
pub fn read(
    message: &Message<'_>,
    limits: &Limits,
    now: DateTime<Utc>,
    make_id: impl FnOnce() -> Uuid,
) -> Result<Read, Malformed> {
    limits.check(message)?;
    check_encoding(message)?;
    let mode = Mode::of(message)?;
    let mut attributes = Attributes::default();
    read_headers(message, &mut attributes)?;
    let data = match mode {
        Mode::Binary => message.body.clone(),
        Mode::Structured => structured::read(&message.body, &mut attributes)?,
    };
    read_properties(message, &mut attributes)?;

    let id_was_made = attributes.id.is_none();
    attributes.id.get_or_insert_with(|| EventId::from(make_id()));
    attributes.source.get_or_insert_with(Source::unknown);
    attributes.time.get_or_insert(now);
    let envelope = attributes.into_envelope()?;
    if mode == Mode::Binary && envelope.datacontenttype.is_json() && !data.is_empty() {
        json::check(&data)?;
    }
    Ok(Read { event: Event { envelope, data }, id_was_made })
}

/// Where the attributes are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// In headers and properties; the body is the data.
    Binary,
    /// In the body, with the data.
    Structured,
}

impl Mode {
    fn of(message: &Message<'_>) -> Result<Self, Malformed> {
        let Some(format) = message.content_type.and_then(whole_event_format) else {
            return Ok(Self::Binary);
        };
        match format.to_ascii_lowercase().as_str() {
            "+json" => Ok(Self::Structured),
            batch if batch.starts_with("-batch") => Err(Malformed::BatchNotAllowed),
            _ => Err(Malformed::UnsupportedFormat),
        }
    }
}

/// Nothing is decompressed here: the payload is passed on as it is, and what subscribers receive names no encoding.
fn check_encoding(message: &Message<'_>) -> Result<(), Malformed> {
    let is_plain = |encoding: &str| ["identity", "utf-8"].iter().any(|plain| plain.eq_ignore_ascii_case(encoding));
    match present(message.content_encoding) {
        Some(encoding) if !is_plain(encoding) => Err(Malformed::UnsupportedContentEncoding),
        _ => Ok(()),
    }
}

fn read_headers(message: &Message<'_>, attributes: &mut Attributes) -> Result<(), Malformed> {
    for (header, value) in &message.headers {
        let prefixed = PREFIXES.iter().find_map(|prefix| header.strip_prefix(prefix));
        match prefixed {
            Some(name) => attributes.set_value(name, value)?,
            None if BARE.contains(&&**header) => attributes.set_value(header, value)?,
            None => {}
        }
    }
    Ok(())
}

/// Fills what headers and body left open.
fn read_properties(message: &Message<'_>, attributes: &mut Attributes) -> Result<(), Malformed> {
    if attributes.id.is_none()
        && let Some(id) = present(message.message_id)
    {
        attributes.set("id", id)?;
    }
    if attributes.event_type.is_none() {
        attributes.set("type", present(message.message_type).unwrap_or(message.routing_key))?;
    }
    if attributes.source.is_none()
        && let Some(source) = present(message.app_id)
    {
        attributes.set("source", source)?;
    }
    if attributes.time.is_none()
        && let Some(seconds) = message.timestamp
    {
        attributes.time = Some(time::from_seconds(seconds)?);
    }
    // Structured mode has set it already: there the property names the format of the whole event.
    if attributes.datacontenttype.is_none()
        && let Some(content_type) = present(message.content_type)
    {
        attributes.set("datacontenttype", content_type)?;
    }
    Ok(())
}

fn present(property: Option<&str>) -> Option<&str> {
    property.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
