//! Requests to an API of the operator's own: other methods than POST, and answers with their header fields.
//!
//! What Barid sends to subscribers stays a plain [`Request`](crate::Request); this is for commands that speak to the
//! gateway. Guard, deadline and cap are the same.

use bytes::Bytes;
use reqwest::Method as HttpMethod;
use reqwest::header::HeaderMap;

use crate::client::outgoing;
use crate::response::{Capped, field, read_capped};
use crate::{Client, Failure, Request};

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Look at it.
    Get,
    /// Make one, or act on one.
    Post,
    /// Make or replace it.
    Put,
    /// Change a part of it.
    Patch,
    /// Remove it.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl From<Method> for HttpMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A complete answer, or its first part and the fact that there is more.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code, 100 to 999.
    pub status: u16,
    /// The body's first bytes, at most [`Config::max_response_body`](crate::Config::max_response_body).
    pub body: Bytes,
    /// Whether the body was longer than that.
    pub truncated: bool,
    headers: HeaderMap,
}

impl Answer {
    /// A header field as text, cut to 2 KiB; none if it is absent or no text.
    pub fn header(&self, name: &'static str) -> Option<String> {
        field(&self.headers, &reqwest::header::HeaderName::from_static(name))
    }
}

impl Client {
    /// Sends a request with a method of the caller's and reads the answer, under the rules of [`send`](Self::send).
    pub async fn call(&self, method: Method, request: Request) -> Result<Answer, Failure> {
        self.guarded(request, |request| self.answer(method, request)).await
    }

    async fn answer(&self, method: Method, request: Request) -> reqwest::Result<Answer> {
        let mut outgoing = outgoing(request);
        *outgoing.method_mut() = method.into();
        let response = self.http.execute(outgoing).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let Capped { bytes, truncated } = read_capped(response, self.max_response_body).await?;
        Ok(Answer { status, body: bytes, truncated, headers })
    }
}
