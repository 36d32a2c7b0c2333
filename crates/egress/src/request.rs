//! One request to send.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::{Headers, Method};

/// A request to a user's URL.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it does there.
    pub method: Method,
    /// Where to. Judged by the [`Guard`](crate::Guard) when the request is sent.
    pub url: Url,
    /// The header fields, `content-type` among them. `user-agent` is added if absent.
    pub headers: Headers,
    /// The body, sent without being copied.
    pub body: Bytes,
    /// How long the whole exchange may take: name look-up, connection, TLS, request, and the response's headers and body
    /// together.
    pub deadline: Duration,
}
