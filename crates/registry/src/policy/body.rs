//! What the body of an answer must say: for receivers that answer 200 to failures too.
//!
//! A rule is judged on the bytes that were read of the body. Where those are not all and do not decide, that is said, and
//! never taken for a success. What is said of a body holds nothing of it: answers may repeat what was sent.

use std::fmt;

use memchr::memmem;
use serde_json::Value;

/// The longest text, or pointer, of a rule, in bytes.
pub const MAX_RULE_TEXT: usize = 256;

/// What the body of an answer must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRule(pub(crate) Rule);

/// The kinds of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Contains(Box<str>),
    Lacks(Box<str>),
    Equals { pointer: Box<str>, value: Value },
}

/// Why a rule is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBodyRule {
    /// Empty, or longer than [`MAX_RULE_TEXT`].
    #[error("text has {0} bytes: give 1 to {MAX_RULE_TEXT}")]
    Text(usize),
    /// Longer than [`MAX_RULE_TEXT`].
    #[error("pointer has {0} bytes: give at most {MAX_RULE_TEXT}")]
    PointerLength(usize),
    /// Not as RFC 6901 has it.
    #[error(
        "pointer is no json pointer: write it like /ok or /items/0/status, with ~1 for a slash and ~0 for a tilde in a key"
    )]
    Pointer,
    /// A list or a mapping.
    #[error("equals is a list or a mapping: give text, a number, true, false or null")]
    Value,
}

impl InvalidBodyRule {
    /// Whether it is the value that is refused, not the pointer to it.
    pub(crate) fn is_about_value(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Value)
    }
}

/// What is wrong with a body by a rule. Prints no part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyFault {
    text: String,
    /// Whether the rest of the body might have told otherwise.
    pub(super) is_undecided: bool,
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BodyRule {
    /// The body has this text in it, byte for byte.
    pub fn contains(text: &str) -> Result<Self, InvalidBodyRule> {
        Ok(Self(Rule::Contains(bounded(text)?)))
    }

    /// The body does not have this text in it, byte for byte.
    pub fn lacks(text: &str) -> Result<Self, InvalidBodyRule> {
        Ok(Self(Rule::Lacks(bounded(text)?)))
    }

    /// The body is JSON, and has at this JSON pointer (RFC 6901) this text, number, truth value or null.
    pub fn equals(pointer: &str, value: Value) -> Result<Self, InvalidBodyRule> {
        if pointer.len() > MAX_RULE_TEXT {
            return Err(InvalidBodyRule::PointerLength(pointer.len()));
        }
        let starts_well = pointer.is_empty() || pointer.starts_with('/');
        let escapes_well = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !(starts_well && escapes_well) {
            return Err(InvalidBodyRule::Pointer);
        }
        match value {
            Value::Array(_) | Value::Object(_) => Err(InvalidBodyRule::Value),
            Value::String(text) if text.len() > MAX_RULE_TEXT => Err(InvalidBodyRule::Text(text.len())),
            value => Ok(Self(Rule::Equals { pointer: pointer.into(), value })),
        }
    }

    /// What is wrong with a body by this rule; `truncated` says that there is more of it than `body`.
    pub(super) fn fault(&self, body: &[u8], truncated: bool) -> Option<BodyFault> {
        let finds = |text: &str| memmem::find(body, text.as_bytes()).is_some();
        let (text, is_undecided) = match &self.0 {
            Rule::Contains(text) if finds(text) => return None,
            Rule::Lacks(text) if finds(text) => (format!("it contains {text:?}"), false),
            _ if truncated => (format!("it goes on after {} bytes, and those do not decide", body.len()), true),
            Rule::Contains(text) => (format!("it lacks {text:?}"), false),
            Rule::Lacks(_) => return None,
            Rule::Equals { pointer, value } => (difference(body, pointer, value)?, false),
        };
        Some(BodyFault { text: format!("{text} (delivery.success.body.{})", self.0.key()), is_undecided })
    }
}

impl Rule {
    /// The key that a document has it under.
    fn key(&self) -> &'static str {
        match self {
            Self::Contains(_) => "contains",
            Self::Lacks(_) => "lacks",
            Self::Equals { .. } => "pointer",
        }
    }
}

fn bounded(text: &str) -> Result<Box<str>, InvalidBodyRule> {
    if (1..=MAX_RULE_TEXT).contains(&text.len()) { Ok(text.into()) } else { Err(InvalidBodyRule::Text(text.len())) }
}

/// How the value at the pointer is another than the one wanted.
fn difference(body: &[u8], pointer: &str, wanted: &Value) -> Option<String> {
    // The parser has a limit of its own on nesting.
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Some("it is no json".to_owned());
    };
    let found = body.pointer(pointer);
    if found.is_some_and(|found| same(found, wanted)) {
        return None;
    }
    let found = match found {
        None => "absent",
        Some(Value::Null) => "null",
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        Some(Value::Number(_)) if wanted.is_number() => "another number",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) if wanted.is_string() => "another text",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    };
    Some(format!("{pointer:?} in it is {found}"))
}

/// Numbers are compared by value: JSON does not tell 1 from 1.0.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        // Whole numbers are compared as such: as fractions, large ones that differ would look the same.
        (Value::Number(one), Value::Number(other)) if one.is_f64() != other.is_f64() => one.as_f64() == other.as_f64(),
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(rule: &BodyRule, body: &str, truncated: bool) -> Option<String> {
        rule.fault(body.as_bytes(), truncated).map(|fault| fault.to_string())
    }

    #[test]
    fn a_text_is_there_or_not() {
        let ok = BodyRule::contains("ok").unwrap();
        assert_eq!(told(&ok, "all ok", false), None);
        let fault = told(&ok, "oops", false);
        assert_eq!(fault.as_deref(), Some(r#"it lacks "ok" (delivery.success.body.contains)"#));
        let no_error = BodyRule::lacks("HTTP error").unwrap();
        assert_eq!(told(&no_error, "1", false), None);
        let fault = told(&no_error, "failed with HTTP error 429", false);
        assert_eq!(fault.as_deref(), Some(r#"it contains "HTTP error" (delivery.success.body.lacks)"#));
    }

    #[test]
    fn a_pointer_leads_to_a_value() {
        let ok = BodyRule::equals("/a~1b/0/ok", json!(true)).unwrap();
        assert_eq!(told(&ok, r#"{"a/b": [{"ok": true}]}"#, false), None);
        let fault = |body| told(&ok, body, false).unwrap();
        assert_eq!(fault("{}"), r#""/a~1b/0/ok" in it is absent (delivery.success.body.pointer)"#);
        assert!(fault(r#"{"a/b": [{"ok": false}]}"#).contains("is false"));
        assert!(fault("<ok/>").contains("is no json"));
        assert!(fault(&"[".repeat(100_000)).contains("is no json"));
        assert_eq!(told(&BodyRule::equals("", json!("ok")).unwrap(), r#""ok""#, false), None);
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let one = BodyRule::equals("", json!(1)).unwrap();
        assert_eq!(told(&one, "1.0", false), None);
        assert!(told(&one, "\"1\"", false).is_some());
        let big = BodyRule::equals("", json!(u64::MAX)).unwrap();
        assert!(told(&big, &(u64::MAX - 1).to_string(), false).is_some());
    }

    #[test]
    fn what_was_read_of_a_long_body_may_not_decide() {
        let undecided = |rule: BodyRule, body: &str| rule.fault(body.as_bytes(), true).map(|fault| fault.is_undecided);
        assert_eq!(undecided(BodyRule::contains("ok").unwrap(), "ok..."), None);
        assert_eq!(undecided(BodyRule::contains("ok").unwrap(), "..."), Some(true));
        assert_eq!(undecided(BodyRule::lacks("no").unwrap(), "no..."), Some(false));
        assert_eq!(undecided(BodyRule::lacks("no").unwrap(), "..."), Some(true));
        assert_eq!(undecided(BodyRule::equals("/ok", json!(true)).unwrap(), r#"{"ok": true}"#), Some(true));
    }

    #[test]
    fn refuses_what_is_no_rule() {
        assert_eq!(BodyRule::contains(""), Err(InvalidBodyRule::Text(0)));
        assert_eq!(BodyRule::lacks(&"x".repeat(257)), Err(InvalidBodyRule::Text(257)));
        for pointer in ["ok", "/a~", "/a~2"] {
            assert_eq!(BodyRule::equals(pointer, json!(1)), Err(InvalidBodyRule::Pointer), "{pointer}");
        }
        assert_eq!(BodyRule::equals("/a", json!([])), Err(InvalidBodyRule::Value));
    }

    proptest! {
        #[test]
        fn tells_nothing_of_the_body(secret in "[a-z]{12}", key in "[a-z]{1,5}") {
            let body = json!({&key: secret, "ok": secret}).to_string();
            for rule in [
                BodyRule::contains("OK"), BodyRule::lacks("ok"), BodyRule::equals("/ok", json!("OK")),
                BodyRule::equals("/ok", json!(true)),
            ] {
                prop_assert!(!told(&rule.unwrap(), &body, false).unwrap().contains(&secret));
            }
        }
    }
}
