//! CloudEvents in HTTP's binary mode: attributes in `ce-` header fields, the data as the body.

use std::borrow::Cow;

use axum::http::HeaderMap;
use barid_event::{AttributeValue, amqp::Message};
use bytes::Bytes;

use crate::http::{Kind, Problem};

/// What the header field of an attribute begins with.
const PREFIX: &str = "ce-";

/// Whether a request is in binary mode: it has the attribute that each of CloudEvents must have, or the one that we need.
pub(super) fn is(headers: &HeaderMap) -> bool {
    headers.contains_key("ce-specversion") || headers.contains_key("ce-type")
}

/// The event as a message.
pub(super) fn read<'a>(
    headers: &'a HeaderMap,
    content_type: Option<&'a str>,
    body: Bytes,
) -> Result<Message<'a>, Problem> {
    let attributes = headers.iter().filter(|(name, _)| name.as_str().starts_with(PREFIX));
    let attributes = attributes.map(|(name, value)| {
        let text = std::str::from_utf8(value.as_bytes()).ok().and_then(decoded);
        let text = text.ok_or_else(|| {
            Problem::new(Kind::Malformed, format!("the header field {name} is no text: percent-encode it as UTF-8"))
        })?;
        Ok((Cow::Borrowed(name.as_str()), AttributeValue::Text(text)))
    });
    let headers = attributes.collect::<Result<_, Problem>>()?;
    Ok(Message { content_type, headers, body, ..Message::default() })
}

/// A value with its percent-encoding undone, as the HTTP binding of CloudEvents asks. A percent sign that begins no
/// encoding stands for itself. None if what comes out is no UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if let (Some(high), Some(low)) = (digit(*high), digit(*low)) => {
                bytes.push(high << 4 | low);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn undoes_percent_encoding() {
        assert_eq!(decoded("M%C3%bcller%20%26").as_deref(), Some("Müller &"));
        assert_eq!(decoded("100%").as_deref(), Some("100%"));
        assert_eq!(decoded("%zz%4").as_deref(), Some("%zz%4"));
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn takes_the_attributes_and_nothing_else() {
        let headers = [("ce-type", "deal.won"), ("ce-id", "1"), ("accept", "*/*"), ("content-type", "text/plain")];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(headers);
        let message = read(&headers, Some("text/plain"), Bytes::new()).unwrap();
        let names: Vec<_> = message.headers.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["ce-type", "ce-id"]);
        assert_eq!(message.content_type, Some("text/plain"));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text: String) {
            let encoded: String = text.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect();
            let decoded = decoded(&encoded);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }
    }
}
