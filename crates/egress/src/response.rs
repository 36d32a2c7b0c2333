//! What came back, read up to a cap.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName};

/// How many bytes of a header field we keep, in case a receiver sends a huge one.
const MAX_KEPT_FIELD: usize = 2048;

/// A complete response, or its first part and the fact that there is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code, 100 to 999. Redirects (3xx) are not followed.
    pub status: u16,
    /// The `content-type` field as sent.
    pub content_type: Option<String>,
    /// The `retry-after` field as sent: seconds or a date, or garbage.
    pub retry_after: Option<String>,
    /// The `location` field as sent: where a redirect pointed.
    pub location: Option<String>,
    /// The body's first bytes, at most [`Config::max_response_body`](crate::Config::max_response_body), as sent: not
    /// decompressed.
    pub body: Bytes,
    /// Whether the body was longer than that.
    pub truncated: bool,
    /// From the call to the last byte that was read.
    pub latency: Duration,
}

/// The first bytes of a body and whether there are more.
pub(crate) struct Capped {
    pub(crate) bytes: Bytes,
    pub(crate) truncated: bool,
}

/// Reads a body until its end or the cap, whichever comes first. Over the cap the response is dropped, and with it the
/// connection (HTTP/1) or the stream (HTTP/2).
pub(crate) async fn read_capped(mut response: reqwest::Response, cap: usize) -> reqwest::Result<Capped> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = cap - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok(Capped { bytes: bytes.into(), truncated: true });
        }
    }
    Ok(Capped { bytes: bytes.into(), truncated: false })
}

/// A header field as text, cut to a sane length; none if it is not text.
pub(crate) fn field(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    // `to_str` lets only ASCII through, so every byte is a character.
    let text = headers.get(name)?.to_str().ok()?;
    Some(text[..text.len().min(MAX_KEPT_FIELD)].to_owned())
}
