//! The media type of an event's data, and whether that type claims JSON.

use thiserror::Error;

use crate::checked::checked_string;

/// The longest content type, in bytes: what the AMQP property can hold.
pub const MAX_CONTENT_TYPE: usize = 255;

/// The content type of data that names none.
const DEFAULT: &str = "application/json";

/// How the media types of whole events begin; no data can have one, or a reader would take the data for the event.
const OF_WHOLE_EVENTS: &str = "application/cloudevents";

checked_string! {
    /// A media type such as `application/json; charset=utf-8`: visible ASCII, at most [`MAX_CONTENT_TYPE`] bytes.
    ///
    /// The default is `application/json`. The types of whole events (`application/cloudevents..`) are refused.
    ContentType, InvalidContentType, check
}

impl ContentType {
    /// Whether data of this type is JSON: `application/json`, `text/json`, or anything that ends in `+json`.
    pub fn is_json(&self) -> bool {
        let essence = essence(self.as_str());
        let ends_in_json = essence
            .len()
            .checked_sub("+json".len())
            .and_then(|at| essence.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case("+json"));
        ends_in_json || essence.eq_ignore_ascii_case(DEFAULT) || essence.eq_ignore_ascii_case("text/json")
    }
}

impl Default for ContentType {
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

/// Why a text is no content type for data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidContentType {
    /// It is too long.
    #[error("is {length} bytes long: use at most {MAX_CONTENT_TYPE}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It does not begin like `type/subtype`, or has characters that a header cannot carry.
    #[error("is no media type: write it like `application/json; charset=utf-8`, in visible ASCII")]
    Shape,
    /// It is the type of a whole event.
    #[error("names the format of whole events: give the media type of the data alone")]
    WholeEvent,
}

/// The `type/subtype` of a media type, without its parameters.
pub(crate) fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim_ascii()
}

/// What follows `application/cloudevents` in the media type of a whole event (`+json`), or nothing for other types.
pub(crate) fn whole_event_format(text: &str) -> Option<&str> {
    let (start, format) = essence(text).split_at_checked(OF_WHOLE_EVENTS.len())?;
    start.eq_ignore_ascii_case(OF_WHOLE_EVENTS).then_some(format)
}

fn check(text: &str) -> Result<(), InvalidContentType> {
    if text.len() > MAX_CONTENT_TYPE {
        return Err(InvalidContentType::TooLong { length: text.len() });
    }
    if whole_event_format(text).is_some() {
        return Err(InvalidContentType::WholeEvent);
    }
    let is_token = |word: &str| !word.is_empty() && word.bytes().all(is_token_byte);
    let names_a_type = essence(text).split_once('/').is_some_and(|(main, sub)| is_token(main) && is_token(sub));
    if names_a_type && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        Ok(())
    } else {
        Err(InvalidContentType::Shape)
    }
}

/// RFC 9110's `tchar`.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ContentType, InvalidContentType> {
        text.parse()
    }

    #[test]
    fn knows_json_by_name_and_by_suffix() {
        for text in ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/vnd.crm+JSON"] {
            assert_eq!(parse(text).map(|t| t.is_json()), Ok(true), "{text}");
        }
        for text in ["text/plain", "application/jsonl", "application/xml", "application/json-seq", "a/b"] {
            assert_eq!(parse(text).map(|t| t.is_json()), Ok(false), "{text}");
        }
    }

    #[test]
    fn refuses_what_no_header_could_carry() {
        for text in ["", "json", "/", "a/", "text /plain", "text/plain\r\nx: y", "text/plän", "text/plain; é"] {
            assert_eq!(parse(text), Err(InvalidContentType::Shape), "{text}");
        }
        assert_eq!(parse(&format!("a/{}", "b".repeat(254))), Err(InvalidContentType::TooLong { length: 256 }));
    }

    #[test]
    fn refuses_the_types_of_whole_events() {
        for text in ["application/cloudevents+json", "Application/CloudEvents-batch+json; charset=utf-8"] {
            assert_eq!(parse(text), Err(InvalidContentType::WholeEvent), "{text}");
        }
    }
}
