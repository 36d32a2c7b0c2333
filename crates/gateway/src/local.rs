//! The API without a socket: for commands that work where no gateway runs. Every rule is the same.

use axum::{
    Router,
    body::{self, Body},
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tower::ServiceExt;

use crate::{
    access::Caller,
    http::{Kind, Problem},
};

/// The largest answer, in bytes: a full page of the longest documents.
const MAX_ANSWER: usize = 512 << 20;

/// The API within this process, as an operator who may do everything.
#[derive(Clone)]
pub struct Local {
    routes: Router,
}

impl Local {
    pub(crate) fn new(routes: Router) -> Self {
        Self { routes }
    }

    /// Does one request, and returns status, header fields and body of the answer. A body is JSON unless a header field
    /// says otherwise. What cannot be a request is answered as one that cannot be read.
    pub async fn call(
        &self,
        method: &str,
        path_and_query: &str,
        body: Option<Bytes>,
        headers: &[(&str, &str)],
    ) -> (u16, HeaderMap, Bytes) {
        let mut request = Request::builder().method(method).uri(path_and_query);
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header::CONTENT_TYPE.as_str())) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, Body::from);
        let response = match request.extension(Caller::operator()).body(body) {
            Ok(request) => self.answer(request).await,
            Err(error) => Problem::new(Kind::Malformed, error.to_string()).into_response(),
        };
        let (parts, body) = response.into_parts();
        match body::to_bytes(body, MAX_ANSWER).await {
            Ok(bytes) => (parts.status.as_u16(), parts.headers, bytes),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR.as_u16(), HeaderMap::new(), Bytes::new()),
        }
    }

    async fn answer(&self, request: Request<Body>) -> Response {
        match self.routes.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
