//! What the API says when it does not do something: `application/problem+json`, shown to people as sentences.

use std::fmt;

use serde::Deserialize;

use crate::output::printable;

/// No key, or one that is not valid.
const UNAUTHORIZED: u16 = 401;

/// An answer that is not a success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The status code.
    pub(crate) status: u16,
    title: String,
    detail: Option<String>,
    errors: Vec<Fault>,
}

/// What is wrong with a part of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Fault {
    /// RFC 6901, into the body of the request.
    pointer: String,
    message: String,
}

/// The API refuses to do it like this.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) Problem);

impl Problem {
    /// Every fault on a line of its own, the field first.
    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        self.errors.iter().map(|Fault { pointer, message }| match field(pointer) {
            field if field.is_empty() => printable(message),
            field => format!("{}: {}", printable(&field), printable(message)),
        })
    }

    /// What is wrong as a whole.
    fn summary(&self) -> String {
        if self.status == UNAUTHORIZED {
            // The API speaks of header fields, which nobody types here.
            return "the API refuses the key".to_owned();
        }
        let said = self.detail.as_deref().filter(|detail| !detail.is_empty()).unwrap_or(&self.title);
        if said.is_empty() { format!("the API answers with status {}", self.status) } else { printable(said) }
    }

    /// What helps, where the message cannot know it.
    fn advice(&self) -> Option<&'static str> {
        match self.status {
            UNAUTHORIZED => Some("give a key that is valid with --key, BARID_KEY or BARID_KEY_FILE"),
            403 => Some("use a key with a wider scope: see `barid keys list`"),
            412 => Some("somebody else changed it meanwhile: look at it and try again"),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        self.faults().try_for_each(|fault| write!(f, "\n  {fault}"))?;
        match self.advice() {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

/// A pointer as people write it: `/events/0` is `events[0]`.
fn field(pointer: &str) -> String {
    let mut field = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if segment.bytes().all(|byte| byte.is_ascii_digit()) && !segment.is_empty() {
            field.extend(["[", &segment, "]"]);
        } else {
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(&segment);
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(json: serde_json::Value) -> Problem {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn names_the_field_and_what_to_do() {
        let refused = problem(
            json!({"type": "about:blank", "title": "Invalid", "status": 422, "detail": "the subscription is not valid",
            "errors": [{"pointer": "/events/0", "message": "has 'A' at byte 0: use only a-z"}, {"pointer": "", "message": "too deep"}]}),
        );
        assert_eq!(
            refused.to_string(),
            "the subscription is not valid\n  events[0]: has 'A' at byte 0: use only a-z\n  too deep"
        );
    }

    #[test]
    fn says_how_to_get_in() {
        let refused = problem(json!({"title": "Unauthorized", "status": 401}));
        assert!(refused.to_string().ends_with("BARID_KEY or BARID_KEY_FILE"), "{refused}");
    }

    #[test]
    fn an_answer_without_words_is_still_told() {
        assert_eq!(problem(json!({"status": 500})).to_string(), "the API answers with status 500");
    }

    #[test]
    fn writes_pointers_as_people_do() {
        assert_eq!(field("/destination/url"), "destination.url");
        assert_eq!(field("/a~1b/10/c"), "a/b[10].c");
        assert_eq!(field(""), "");
    }
}
