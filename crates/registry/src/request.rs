//! The request of one attempt, put together from a subscription and an event: signed and complete, but sent by somebody
//! else. Dispatchers send what is made here, and whoever only wants to see a request is shown the same.

use std::borrow::Cow;

use barid_event::{Envelope, HOPS_HEADER};
use barid_headers::{HeaderError, Headers, Method};
use barid_signature::{ID_HEADER, TIMESTAMP_HEADER};
use bytes::Bytes;
use url::Url;

use crate::{shape::ShapeError, subscription::Subscription, verification::REQUEST_ORIGIN_HEADER};

/// The header that names the subscription a request is for.
pub const SUBSCRIPTION_HEADER: &str = "barid-subscription";
/// The header of a request that somebody asked for again.
pub const REPLAY_HEADER: &str = "barid-replay";

/// What a request is made of, beside the subscription.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The event.
    pub envelope: &'a Envelope,
    /// The event's data, as it was published.
    pub data: &'a Bytes,
    /// The event's message id, the same in every attempt.
    pub message_id: &'a str,
    /// The media type of the body.
    pub content_type: &'a str,
    /// Headers that belong to the body, as [`shape`](crate::shape::Shaped::headers) gives them.
    pub extra: &'a [(String, String)],
    /// The body, shaped.
    pub body: Bytes,
    /// The time of this attempt, in seconds since 1970.
    pub now: i64,
    /// How often the event has passed through Barid, this time included.
    pub hops: u8,
    /// Whether somebody asked for the delivery again.
    pub replay: bool,
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Composed<'a> {
    /// What it does at the URL.
    pub method: Method,
    /// Where it goes. A secret: not for logs.
    pub url: Cow<'a, Url>,
    /// Its header fields, signatures among them, but no token that is yet to be fetched. Values of the subscription are
    /// marked as sensitive.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no request. Trying again would not help. Never holds a value of the event.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A header cannot be sent.
    #[error("the headers: {0}")]
    Headers(#[from] HeaderError),
    /// The event gives no URL.
    #[error(transparent)]
    Url(#[from] ShapeError),
}

impl ComposeError {
    /// The reason in dead letters.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Headers(_) => "shape",
            Self::Url(error) => error.reason(),
        }
    }
}

/// The request of one attempt, signed with its time.
pub fn compose<'a>(subscription: &'a Subscription, parts: Parts<'_>) -> Result<Composed<'a>, ComposeError> {
    let Parts { envelope, data, message_id, content_type, extra, body, now, hops, replay } = parts;
    let destination = &subscription.destination;
    let method = destination.method();
    let mut headers = Headers::new();
    if let Some(access) = destination.access() {
        for field in access.headers().iter().chain(access.auth().field()) {
            headers.put(field)?;
        }
    }
    let body = if method.has_body() {
        headers.set("content-type", content_type)?;
        body
    } else {
        Bytes::new()
    };
    for (name, value) in extra {
        headers.set(name, value)?;
    }
    headers.set(ID_HEADER, message_id)?;
    headers.set(TIMESTAMP_HEADER, &now.to_string())?;
    for (name, value) in subscription.signer.headers(message_id, now, &body) {
        headers.set(name, &value)?;
    }
    headers.set(SUBSCRIPTION_HEADER, subscription.id.as_str())?;
    headers.set(HOPS_HEADER, &hops.to_string())?;
    if let Some(origin) = &subscription.origin {
        headers.set(REQUEST_ORIGIN_HEADER, origin.as_str())?;
    }
    if replay {
        headers.set(REPLAY_HEADER, "true")?;
    }
    let url = destination.url_for(envelope, data)?;
    Ok(Composed { method, url, headers, body })
}
