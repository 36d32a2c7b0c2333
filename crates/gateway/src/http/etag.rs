//! Versions of things, as HTTP has them: the `ETag` is the revision, and a change may name the one it was made for.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

use super::problem::{Kind, Problem};

/// The most versions in one `If-Match` that are looked at.
const MAX_TAGS: usize = 16;

/// The `ETag` of a revision: `"17"`.
pub(crate) fn etag(revision: u64) -> HeaderValue {
    // Digits and quotes are always a header's value.
    HeaderValue::from_str(&format!("\"{revision}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// What the client expects to find: `If-Match` and `If-None-Match`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Precondition {
    matching: Option<Tags>,
    not_matching: Option<Tags>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever there is.
    Any,
    /// One of these. What is no tag of ours matches nothing.
    These(Vec<u64>),
}

impl Tags {
    fn read(headers: &HeaderMap, name: header::HeaderName) -> Option<Self> {
        let mut found = headers.get_all(name).iter().peekable();
        found.peek()?;
        let text = found.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let revision = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        Some(Self::These(text.split(',').take(MAX_TAGS).filter_map(revision).collect()))
    }

    fn holds(&self, found: Option<u64>) -> bool {
        match (self, found) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::These(tags), Some(revision)) => tags.contains(&revision),
        }
    }
}

impl Precondition {
    /// Reads the two header fields.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        Self {
            matching: Tags::read(headers, header::IF_MATCH),
            not_matching: Tags::read(headers, header::IF_NONE_MATCH),
        }
    }

    /// Whether what was found, by its revision, is what the client expects.
    pub(crate) fn check(&self, found: Option<u64>) -> Result<(), Problem> {
        let matches = self.matching.as_ref().is_none_or(|tags| tags.holds(found));
        let differs = self.not_matching.as_ref().is_none_or(|tags| !tags.holds(found));
        if matches && differs {
            return Ok(());
        }
        let problem = match found {
            None => Problem::new(Kind::Changed, "it does not exist: leave out If-Match to create it"),
            Some(revision) => Problem::new(
                Kind::Changed,
                format!("it is at revision {revision}: read it again, decide anew, and name that version"),
            ),
        };
        Err(found.into_iter().fold(problem, |problem, revision| problem.with_header(header::ETAG, etag(revision))))
    }
}

impl<S: Sync> FromRequestParts<S> for Precondition {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(name: &'static str, value: &'static str, found: Option<u64>) -> bool {
        let headers = HeaderMap::from_iter([(header::HeaderName::from_static(name), HeaderValue::from_static(value))]);
        Precondition::read(&headers).check(found).is_ok()
    }

    #[test]
    fn without_precondition_everything_is_allowed() {
        assert!(Precondition::default().check(None).is_ok());
        assert!(Precondition::default().check(Some(1)).is_ok());
    }

    #[test]
    fn a_version_must_be_the_one_there_is() {
        assert!(allows("if-match", "\"7\"", Some(7)));
        assert!(allows("if-match", "\"6\", \"7\"", Some(7)));
        assert!(allows("if-match", "*", Some(7)));
        for tag in ["\"8\"", "7", "W/\"7\"", "", "nonsense"] {
            assert!(!allows("if-match", tag, Some(7)), "{tag}");
        }
        assert!(!allows("if-match", "*", None));
    }

    #[test]
    fn a_star_that_must_not_match_creates_only() {
        assert!(allows("if-none-match", "*", None));
        assert!(!allows("if-none-match", "*", Some(1)));
    }

    #[test]
    fn tells_the_version_there_is() {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static("\"1\""))]);
        let refused = Precondition::read(&headers).check(Some(2)).unwrap_err();
        assert_eq!(refused.kind(), Kind::Changed);
        assert_eq!(etag(2), "\"2\"");
    }
}
