//! Bodies of requests: read up to a bound, within a time, and as the format they say they are.

use axum::{
    body::{self, Body, Bytes},
    extract::{FromRef, FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::LengthLimitError;
use serde_json::Value;
use tokio::time::timeout;

use super::problem::{Kind, Problem};
use crate::app::App;

/// The formats of a document.
const FORMATS: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// A JSON document.
#[derive(Clone, Debug)]
pub(crate) struct Document(pub(crate) Value);

/// A JSON document, or an empty body.
#[derive(Clone, Debug)]
pub(crate) struct OptionalDocument(pub(crate) Option<Value>);

/// The whole body, of at most `limit` bytes.
pub(crate) async fn bytes(app: &App, headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Kind::TooLarge, format!("the body has more than {limit} bytes: send less at once"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let patience = app.limits.body_timeout;
    match timeout(patience, body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let is_too_long =
                std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
            Err(if is_too_long {
                too_large()
            } else {
                Problem::new(Kind::Malformed, "the body broke off: send it again")
            })
        }
        Err(_) => Err(Problem::new(Kind::Timeout, format!("the body did not arrive within {} s", patience.as_secs()))),
    }
}

impl<S: Send + Sync> FromRequest<S> for OptionalDocument
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        let (parts, body) = request.into_parts();
        let body = bytes(&app, &parts.headers, body, app.limits.document_body).await?;
        if body.is_empty() {
            return Ok(Self(None));
        }
        must_be_json(&parts.headers)?;
        let document = serde_json::from_slice(&body)
            .map_err(|error| Problem::new(Kind::Malformed, format!("the body is no JSON: {error}")))?;
        Ok(Self(Some(document)))
    }
}

impl<S: Send + Sync> FromRequest<S> for Document
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match OptionalDocument::from_request(request, state).await? {
            OptionalDocument(Some(document)) => Ok(Self(document)),
            OptionalDocument(None) => Err(Problem::new(Kind::Malformed, "the body is empty: send a JSON document")),
        }
    }
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if FORMATS.iter().any(|format| format.eq_ignore_ascii_case(essence)) {
        Ok(())
    } else {
        Err(Problem::new(Kind::MediaType, "content-type is not application/json: send JSON, and say so"))
    }
}
