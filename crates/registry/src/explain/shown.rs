//! The request of a delivery as people may see it: exactly the one that would be sent, with everything masked that is a
//! credential, or may be one.

use barid_event::Event;
use barid_signature::{ID_HEADER, TIMESTAMP_HEADER};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::{Circumstances, Unmakeable};
use crate::{
    request::{self, Composed, Parts, SUBSCRIPTION_HEADER},
    shape,
    subscription::Subscription,
};

/// In the place of what is not shown.
pub(super) const MASK: &str = "…";

/// The headers whose values everybody may see; and those that belong to the body. Any other may be a credential.
const OPEN: [&str; 5] = ["content-type", ID_HEADER, TIMESTAMP_HEADER, SUBSCRIPTION_HEADER, barid_event::HOPS_HEADER];

/// A request, its secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRequest {
    /// The method.
    pub method: &'static str,
    /// The URL up to its path, which is a secret with many receivers.
    pub url: String,
    /// The header fields that Barid sets, in their order.
    pub headers: Vec<ShownHeader>,
    /// The body.
    pub body: ShownBody,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHeader {
    /// The name, in lower case.
    pub name: String,
    /// The value; nothing where it is masked.
    pub value: Option<String>,
}

/// A body, up to a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownBody {
    /// As text, or in base64 where it is none.
    pub text: String,
    /// Whether it is in base64.
    pub is_base64: bool,
    /// How long the whole is, in bytes.
    pub length: usize,
    /// Whether this is only its beginning.
    pub truncated: bool,
}

/// The request that a dispatcher would send, made in the same way; at most `max_body` bytes of its body.
pub(super) fn request(
    subscription: &Subscription,
    event: &Event,
    circumstances: &Circumstances,
    max_body: usize,
) -> Result<ShownRequest, Unmakeable> {
    let Event { envelope, data } = event;
    let shaped = shape::shape(&subscription.payload, envelope, data, &subscription.id)
        .map_err(|error| Unmakeable { reason: error.reason(), detail: error.to_string() })?;
    let message_id = envelope.message_id();
    let parts = Parts {
        envelope,
        data,
        message_id: message_id.as_str(),
        content_type: &shaped.content_type,
        extra: &shaped.headers,
        body: shaped.body.clone(),
        now: circumstances.now,
        hops: circumstances.hops.saturating_add(1),
        replay: false,
    };
    let composed = request::compose(subscription, parts)
        .map_err(|error| Unmakeable { reason: error.reason(), detail: error.to_string() })?;
    let mut shown = masked(&composed, &shaped.headers, max_body);
    // A token that is yet to be fetched is put in when the request is sent.
    if let Some(name) = subscription.destination.access().and_then(|access| access.auth().header())
        && !shown.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
    {
        shown.headers.push(ShownHeader { name: name.to_owned(), value: None });
    }
    Ok(shown)
}

fn masked(composed: &Composed<'_>, of_body: &[(String, String)], max_body: usize) -> ShownRequest {
    let Composed { method, url, headers, body, .. } = composed;
    let headers = headers.iter().map(|(name, value)| {
        let (is_sensitive, value) = (value.is_sensitive(), String::from_utf8_lossy(value.as_bytes()));
        // A header of the body's that somebody has set to something else is no longer the body's.
        let of_body = of_body.iter().any(|(known, same)| known.eq_ignore_ascii_case(name) && *same == value);
        let is_open = !is_sensitive && (of_body || OPEN.contains(&name));
        ShownHeader { name: name.to_owned(), value: is_open.then(|| value.into_owned()) }
    });
    ShownRequest {
        method: method.as_str(),
        url: format!("{}/{MASK}", url.origin().ascii_serialization()),
        headers: headers.collect(),
        body: shown(body, max_body),
    }
}

fn shown(body: &Bytes, max: usize) -> ShownBody {
    let (length, truncated) = (body.len(), body.len() > max);
    let (text, is_base64) = match std::str::from_utf8(body) {
        Ok(text) => (text[..text.floor_char_boundary(max)].to_owned(), false),
        Err(_) => (STANDARD.encode(&body[..length.min(max)]), true),
    };
    ShownBody { text, is_base64, length, truncated }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_between_characters() {
        let body = shown(&Bytes::from_static("aé".as_bytes()), 2);
        assert_eq!((body.text.as_str(), body.is_base64, body.length, body.truncated), ("a", false, 3, true));
        assert!(!shown(&Bytes::from_static(b"ab"), 2).truncated);
    }

    #[test]
    fn what_is_no_text_is_base64() {
        let body = shown(&Bytes::from_static(b"\xff\xfe\xfd\xfc"), 3);
        assert_eq!((body.text.as_str(), body.is_base64, body.length, body.truncated), ("//79", true, 4, true));
    }
}
