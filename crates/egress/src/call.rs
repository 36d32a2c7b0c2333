//! Requests whose answer is wanted with its header fields: for commands that speak to the gateway. Guard, deadline and
//! cap are those of [`send`](crate::Client::send).

use bytes::Bytes;
use reqwest::header::HeaderMap;

use crate::client::outgoing;
use crate::response::{Capped, field, read_capped};
use crate::{Client, Failure, Request};

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
    /// Sends a request and reads the answer with its fields, under the rules of [`send`](Self::send).
    pub async fn call(&self, request: Request) -> Result<Answer, Failure> {
        self.guarded(request, |request| self.answer(request)).await
    }

    async fn answer(&self, request: Request) -> reqwest::Result<Answer> {
        let response = self.http.execute(outgoing(request)).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let Capped { bytes, truncated } = read_capped(response, self.max_response_body).await?;
        Ok(Answer { status, body: bytes, truncated, headers })
    }
}
