//! Query parameters: those that an endpoint knows, each at most once. Any other is an error that names it, since a
//! misspelt filter would silently list everything.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Kind, Problem};

/// The query parameters of an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// No query parameters at all.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

/// Yes or no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum Flag {
    /// No.
    #[default]
    #[serde(rename = "0", alias = "false")]
    Off,
    /// Yes.
    #[serde(rename = "1", alias = "true")]
    On,
}

impl Flag {
    /// Whether it is set.
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let axum::extract::Query(query) = axum::extract::Query::try_from_uri(&parts.uri).map_err(|error| {
            let error = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Problem::new(Kind::Malformed, format!("the query string: {error}"))
        })?;
        Ok(Self(query))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {
        #[serde(default)]
        wait: Flag,
    }

    async fn read(uri: &str) -> Result<Known, String> {
        let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        let read = Query::from_request_parts(&mut parts, &()).await;
        read.map(|Query(known)| known).map_err(|problem| problem.to_json()["detail"].to_string())
    }

    #[tokio::test]
    async fn reads_flags() {
        assert!(read("/?wait=1").await.unwrap().wait.is_on());
        assert!(read("/?wait=true").await.unwrap().wait.is_on());
        assert!(!read("/?wait=0").await.unwrap().wait.is_on());
        assert!(!read("/").await.unwrap().wait.is_on());
    }

    #[tokio::test]
    async fn names_what_is_unknown_twice_or_no_value() {
        assert!(read("/?wiat=1").await.unwrap_err().contains("wiat"));
        assert!(read("/?wait=1&wait=1").await.unwrap_err().contains("wait"));
        assert!(read("/?wait=yes").await.unwrap_err().contains("yes"));
    }
}
