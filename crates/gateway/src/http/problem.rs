//! Answers that are no success: `application/problem+json` (RFC 9457), with a pointer to each fault in the request.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use barid_registry::{Problems, Violations};
use serde_json::{Value, json};

use super::etag;

/// The media type.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// After how many seconds to try again what fails because something is away.
pub(crate) const RETRY_SOON: u64 = 5;

/// What is wrong, as one word for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request cannot be read.
    Malformed,
    /// No key, or none that is valid.
    Unauthenticated,
    /// The request to a source does not prove who sends it.
    Unproven,
    /// The challenge to a source names another verify token.
    WrongToken,
    /// The key does not allow it.
    Forbidden,
    /// There is no such thing, or the key does not let it be seen.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// The client took too long to send its request.
    Timeout,
    /// There is one already.
    Exists,
    /// Others need it.
    InUse,
    /// Somebody else changes the same thing all the time.
    Contended,
    /// It is not at the version that the client named.
    Changed,
    /// The request is too large.
    TooLarge,
    /// The body has another format than it must have.
    MediaType,
    /// The request can be read and is wrong.
    Invalid,
    /// The tenant has as many as it may have.
    Quota,
    /// The tenant is not registered.
    UnknownTenant,
    /// Too many events at once.
    TooMany,
    /// Our fault.
    Internal,
    /// Something that is needed is away for the moment.
    Unavailable,
    /// An attempt was asked for, and nobody told how it went.
    NoOutcome,
}

impl Kind {
    /// Status, slug of the type, title.
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request cannot be read"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "A valid API key is needed"),
            Self::Unproven => (StatusCode::UNAUTHORIZED, "unproven", "The request does not prove who sends it"),
            Self::WrongToken => (StatusCode::FORBIDDEN, "wrong-token", "The verify token is another"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "The API key does not allow this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The path has no such method")
            }
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "The request took too long to arrive"),
            Self::Exists => (StatusCode::CONFLICT, "exists", "There is one already"),
            Self::InUse => (StatusCode::CONFLICT, "in-use", "It is in use"),
            Self::Contended => (StatusCode::CONFLICT, "contended", "It is being changed by others"),
            Self::Changed => (StatusCode::PRECONDITION_FAILED, "changed", "It is not at the version you named"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "The body has another format"),
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request is not valid"),
            Self::Quota => (StatusCode::UNPROCESSABLE_ENTITY, "quota", "The tenant's quota is used up"),
            Self::UnknownTenant => (StatusCode::UNPROCESSABLE_ENTITY, "unknown-tenant", "The tenant is not registered"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many events at once"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available at the moment"),
            Self::NoOutcome => (StatusCode::GATEWAY_TIMEOUT, "no-outcome", "Nobody told how the attempt went"),
        }
    }
}

/// One fault in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where in the body, RFC 6901; empty for the whole.
    pub(crate) pointer: String,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

/// Why the request is not done.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    detail: String,
    faults: Vec<Fault>,
    headers: Vec<(HeaderName, HeaderValue)>,
    data: Option<Value>,
}

impl Problem {
    /// A problem; the detail says what is wrong and what to do.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let inner = Inner { kind, detail: detail.into(), faults: Vec::new(), headers: Vec::new(), data: None };
        Self(Box::new(inner))
    }

    /// A problem with one value of the body.
    pub(crate) fn at(pointer: &str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "the body is not valid").with_fault(pointer, message)
    }

    /// Nothing of this sort is there, or not for this caller: the two answers must not differ.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {what}: look at the list"))
    }

    /// Something we need is away.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, detail).retry_after(RETRY_SOON)
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    pub(crate) fn with_fault(mut self, pointer: &str, message: impl Into<String>) -> Self {
        self.0.faults.push(Fault { pointer: pointer.to_owned(), message: message.into() });
        self
    }

    /// With what became of each item of a list.
    pub(crate) fn with_data(mut self, data: Value) -> Self {
        self.0.data = Some(data);
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The body, which also stands in the item of a list that it is about.
    pub(crate) fn to_json(&self) -> Value {
        let (status, slug, title) = self.0.kind.parts();
        let errors: Vec<_> = self
            .0
            .faults
            .iter()
            .map(|Fault { pointer, message }| json!({"pointer": pointer, "message": message}))
            .collect();
        let mut body = json!({
            "type": format!("urn:barid:problem:{slug}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.0.detail,
            "errors": errors,
        });
        if let Some(data) = &self.0.data {
            body["data"] = data.clone();
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, ..) = self.0.kind.parts();
        let mut response = (status, self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
        for (name, value) in self.0.headers {
            headers.insert(name, value);
        }
        response
    }
}

impl From<Problems> for Problem {
    fn from(problems: Problems) -> Self {
        let more = match problems.unlisted() {
            0 => String::new(),
            unlisted => format!(", and {unlisted} more faults are not listed"),
        };
        let problem = Self::new(Kind::Invalid, format!("the body is not valid{more}"));
        problems.listed().iter().fold(problem, |problem, fault| problem.with_fault(fault.pointer(), &*fault.message))
    }
}

impl From<Violations> for Problem {
    fn from(violations: Violations) -> Self {
        let problem = Self::new(Kind::Invalid, "the schema of the event's type refuses the data");
        violations
            .listed()
            .iter()
            .fold(problem, |problem, fault| problem.with_fault(&format!("/data{}", fault.pointer), &*fault.message))
    }
}

impl From<barid_store::Error> for Problem {
    fn from(error: barid_store::Error) -> Self {
        use barid_store::Error;
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::not_found("entry"),
            Error::Exists => Self::new(Kind::Exists, detail),
            Error::Conflict { current } => {
                Self::new(Kind::Changed, detail).with_header(header::ETAG, etag::etag(current))
            }
            Error::Quota { .. } => Self::new(Kind::Quota, detail),
            Error::Unkeepable(_) => Self::new(Kind::Invalid, detail),
            Error::InUse(_) => Self::new(Kind::InUse, detail),
            Error::UnknownTenant(_) => Self::new(Kind::UnknownTenant, detail.clone()).with_fault("/tenant", detail),
            Error::InvalidCursor => Self::new(Kind::Malformed, format!("query parameter after: {detail}")),
            Error::Unavailable(_) | Error::WrongMasterKey | Error::OtherInstallation { .. } => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store did not do what was asked");
                Self::unavailable("the store is not available: try again")
            }
            Error::MasterKeyReplaced => {
                tracing::error!(%detail, "a change is refused");
                Self::unavailable("the master key was replaced: this gateway must be restarted with the new one")
            }
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the store failed");
                Self::new(Kind::Internal, "the store failed: the log of the gateway says why")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_every_fault() {
        let problem = Problem::at("/destination/url", "is masked: give the whole url");
        assert_eq!(
            problem.to_json(),
            json!({
                "type": "urn:barid:problem:invalid", "title": "The request is not valid", "status": 422,
                "detail": "the body is not valid",
                "errors": [{"pointer": "/destination/url", "message": "is masked: give the whole url"}],
            })
        );
    }

    #[test]
    fn says_when_to_try_again() {
        let response = Problem::unavailable("the broker is away: try again").into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }

    #[test]
    fn tells_whoever_asked_for_it_what_cannot_be_kept() {
        let problem = Problem::from(barid_store::Error::Unkeepable("has more bytes: make it smaller".to_owned()));
        let json = problem.to_json();
        assert_eq!(json["status"], 422);
        assert!(json["detail"].as_str().unwrap().contains("make it smaller"), "{json}");
    }

    #[test]
    fn does_not_show_what_the_database_says() {
        let error = barid_store::Error::Refused("relation \"secret\" does not exist".into());
        assert!(!Problem::from(error).to_json().to_string().contains("relation"));
    }
}
