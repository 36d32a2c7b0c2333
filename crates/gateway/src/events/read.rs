//! The four ways in which a request holds events, each brought into the shape of a message, so that one reader decides
//! what an event is, however it comes.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use barid_event::{AttributeValue, amqp::Message};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::binary;
use crate::http::{Kind, Problem};

/// The media type of one whole event.
const STRUCTURED: &str = "application/cloudevents+json";
/// The media type of a list of whole events.
const BATCH: &str = "application/cloudevents-batch+json";
/// The media type of either, without the ceremony.
const PLAIN: &str = "application/json";

/// The events in a request.
#[derive(Debug)]
pub(super) enum Events<'a> {
    /// One, and the answer is about it alone.
    One(Message<'a>),
    /// Any number, each answered for itself.
    Many(Vec<Message<'a>>),
}

/// The events in a request; no more than `most` of them.
pub(super) fn read<'a>(headers: &'a HeaderMap, body: &Bytes, most: usize) -> Result<Events<'a>, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*essence {
        STRUCTURED => Ok(Events::One(structured(body.clone()))),
        BATCH => Ok(Events::Many(split(body, most)?)),
        _ if binary::is(headers) => binary::read(headers, content_type, body.clone()).map(Events::One),
        PLAIN if body.trim_ascii_start().starts_with(b"[") => Ok(Events::Many(split(body, most)?)),
        PLAIN => Ok(Events::One(structured(body.clone()))),
        _ => Err(Problem::new(
            Kind::MediaType,
            format!("content-type is none of {PLAIN}, {STRUCTURED} and {BATCH}: use one, or send ce- header fields"),
        )),
    }
}

/// A whole event in the body.
fn structured<'a>(body: Bytes) -> Message<'a> {
    Message { content_type: Some(STRUCTURED), body, ..Message::default() }
}

/// The items of a list, whose bytes are shared with the body.
fn split<'a>(body: &Bytes, most: usize) -> Result<Vec<Message<'a>>, Problem> {
    let items: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| Problem::new(Kind::Malformed, format!("the body is no JSON array: {error}")))?;
    match items.len() {
        0 => Err(Problem::at("", "has no events: send at least one")),
        count if count > most => Err(Problem::at("", format!("has {count} events: send at most {most} at once"))),
        _ => Ok(items.into_iter().map(|item| structured(body.slice_ref(item.get().as_bytes()))).collect()),
    }
}

/// With the tenant of the caller, which whatever else names one must agree with.
pub(super) fn for_tenant<'a>(mut message: Message<'a>, tenant: Option<&'a str>) -> Message<'a> {
    if let Some(tenant) = tenant {
        message.headers.push((Cow::Borrowed("tenant"), AttributeValue::Text(Cow::Borrowed(tenant))));
    }
    message
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn events(content_type: &'static str, body: &'static str) -> Result<(bool, usize), Kind> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        match read(&headers, &Bytes::from_static(body.as_bytes()), 2) {
            Ok(Events::One(_)) => Ok((false, 1)),
            Ok(Events::Many(items)) => Ok((true, items.len())),
            Err(problem) => Err(problem.kind()),
        }
    }

    #[test]
    fn plain_json_is_one_event_or_a_list() {
        assert_eq!(events("application/json", "{}"), Ok((false, 1)));
        assert_eq!(events("application/json; charset=utf-8", "\n [{}, {}]"), Ok((true, 2)));
    }

    #[test]
    fn cloudevents_say_which() {
        assert_eq!(events("application/cloudevents+json", "{}"), Ok((false, 1)));
        assert_eq!(events("Application/CloudEvents-Batch+JSON", "[{}]"), Ok((true, 1)));
    }

    #[test]
    fn bounds_a_list() {
        assert_eq!(events("application/json", "[{},{},{}]"), Err(Kind::Invalid));
        assert_eq!(events("application/json", "[]"), Err(Kind::Invalid));
        assert_eq!(events("application/json", "[{},"), Err(Kind::Malformed));
    }

    #[test]
    fn refuses_other_formats() {
        for format in ["text/plain", "", "application/cloudevents+avro"] {
            assert_eq!(events(format, "{}"), Err(Kind::MediaType), "{format}");
        }
    }

    #[test]
    fn items_share_the_bytes_of_the_body() {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let body = Bytes::from_static(b"[{\"a\": 1.0}]");
        let Ok(Events::Many(items)) = read(&headers, &body, 1) else { panic!("a list") };
        assert_eq!(items[0].body.as_ptr(), body[1..].as_ptr());
    }
}
