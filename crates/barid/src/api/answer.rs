//! What the API answers.

use serde_json::Value;

use super::problem::{Problem, Refused};
use super::{Stranger, Unavailable};

/// A complete answer: the body as JSON, and the header fields that commands look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body; null if there is none.
    pub(crate) body: Value,
    /// The version of what is in the body, as `If-Match` takes it.
    pub(crate) etag: Option<String>,
    /// What became of it: `created`, `changed`, `unchanged`.
    pub(crate) outcome: Option<String>,
    /// Whether every router has it: `complete`, `pending`.
    pub(crate) propagation: Option<String>,
    /// When it answered, by its clock.
    pub(crate) date: Option<String>,
}

/// The header fields that are kept.
pub(super) const ETAG: &str = "etag";
pub(super) const OUTCOME: &str = "barid-outcome";
pub(super) const PROPAGATION: &str = "barid-propagation";
pub(super) const DATE: &str = "date";

impl Answer {
    /// Reads an answer from its parts.
    pub(super) fn read(
        url: &str,
        status: u16,
        header: impl Fn(&'static str) -> Option<String>,
        body: &[u8],
    ) -> anyhow::Result<Self> {
        let is_empty = body.iter().all(u8::is_ascii_whitespace);
        let body = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(_) if is_empty => Value::Null,
            Err(_) => return Err(Stranger { url: url.to_owned(), status }.into()),
        };
        Ok(Self {
            status,
            body,
            etag: header(ETAG),
            outcome: header(OUTCOME),
            propagation: header(PROPAGATION),
            date: header(DATE),
        })
    }

    /// Whether routers that live were waited for in vain.
    pub(crate) fn is_pending(&self) -> bool {
        self.propagation.as_deref() == Some("pending")
    }

    /// A success, or the error that it is.
    pub(super) fn expect_success(self) -> anyhow::Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut problem: Problem = serde_json::from_value(self.body).unwrap_or_default();
        problem.status = self.status;
        Err(match self.status {
            429 | 503 | 504 => Unavailable::NotNow(problem).into(),
            _ => Refused(problem).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> anyhow::Result<Answer> {
        Answer::read("http://h", status, |_| None, body.as_bytes())
    }

    #[test]
    fn a_page_of_somebody_else_is_told_apart_from_an_answer() {
        let error = answer(200, "<html>").unwrap_err();
        assert!(error.is::<Stranger>(), "{error}");
        assert_eq!(answer(204, "").unwrap().body, Value::Null);
    }

    #[test]
    fn what_may_succeed_later_is_told_apart_from_what_may_not() {
        let refused = |status| answer(status, "{}").unwrap().expect_success().unwrap_err();
        assert!(refused(503).is::<Unavailable>());
        assert!(refused(409).is::<Refused>());
        assert!(answer(201, "{}").unwrap().expect_success().is_ok());
    }
}
