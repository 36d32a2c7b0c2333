//! A request as it came in.

use std::time::Duration;

use barid_signature::{Headers, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, VerifyError, verify};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// How far a signature's time may be from the arrival of its request.
const TOLERANCE: Duration = Duration::from_secs(5);

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// When its last byte was there, for measuring.
    pub arrived: Instant,
    /// The same by the clock on the wall.
    pub at: DateTime<Utc>,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// Headers with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The message id; empty if there is none.
    pub fn webhook_id(&self) -> &str {
        self.header(ID_HEADER).unwrap_or_default()
    }

    /// Whether somebody with this key signed it just now.
    ///
    /// # Errors
    /// As [`barid_signature::verify`].
    pub fn verify(&self, key: &Verifier) -> Result<(), VerifyError> {
        let headers = Headers {
            id: self.header(ID_HEADER),
            timestamp: self.header(TIMESTAMP_HEADER),
            signature: self.header(SIGNATURE_HEADER),
        };
        verify(std::slice::from_ref(key), headers, &self.body, self.at.timestamp(), TOLERANCE)
    }
}

/// The head of a request, and how long its body is.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content_length: usize,
}

impl Head {
    /// Reads everything before the empty line. Nothing if it is no HTTP/1.1 or the body's length is not stated up front,
    /// as Barid always states it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, path, version) = (words.next()?, words.next()?, words.next()?);
        if version != "HTTP/1.1" {
            return None;
        }
        let headers: Option<Vec<_>> = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect();
        let headers = headers?;
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let content_length = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
        let chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
        (!chunked).then(|| Self { method: method.to_owned(), path: path.to_owned(), headers, content_length })
    }
}
