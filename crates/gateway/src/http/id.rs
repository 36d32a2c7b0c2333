//! The identifier in a path. A text that cannot be one names nothing, so the answer is the same as for one that is free.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::problem::Problem;

/// The identifier of what the path names.
#[derive(Clone, Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let parsed = text.ok().and_then(|Path(text)| text.parse().ok());
        parsed.map(Self).ok_or_else(|| Problem::not_found("entry"))
    }
}
