//! Expressions that yield a value: the language of filters, over names that whoever evaluates gives a value to. Texts may be
//! joined here. What is not there is no error but nothing, so that a mapping need not ask for everything first. An expression
//! that is only a path is followed on the JSON itself: what is copied is bounded by its size alone.

mod value;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use cel::{
    Context, ExecutionError, Value as CelValue, common::value::CowVal, context::VariableResolver,
    parser::Expression as Parsed,
};
use regex::Regex;
use serde_json::Value;

pub use self::value::MAX_VALUE_BYTES;
use crate::filter::{self, InvalidFilter, PATTERN, Path, Rules, functions};

/// A compiled expression. Cheap to clone.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

struct Compiled {
    source: Box<str>,
    expression: Parsed,
    patterns: Box<[Regex]>,
}

/// Why an expression gives no value. The text may quote what it was given: it is for its owner, never for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(String);

impl Expression {
    /// The expression of a text that may use these names.
    pub fn compile(source: &str, names: &'static [&'static str]) -> Result<Self, InvalidFilter> {
        let (expression, patterns) = filter::compile(source, Rules { names, changes: false, joins: true })?;
        Ok(Self(Arc::new(Compiled { source: source.into(), expression, patterns })))
    }

    /// The text, as it was given.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What it gives where names have these values; `None` if it gives null, or looks for something that is not there.
    pub fn evaluate(&self, scope: &[(&'static str, &Value)]) -> Result<Option<Value>, Unanswered> {
        // The crate that evaluates promises nothing.
        let evaluated = catch_unwind(AssertUnwindSafe(|| self.value(scope)));
        evaluated.unwrap_or_else(|_| Err(Unanswered("the expression cannot be evaluated".to_owned())))
    }

    /// Whether it gives true; what is not there is not true.
    pub fn holds(&self, scope: &[(&'static str, &Value)]) -> Result<bool, Unanswered> {
        Ok(self.evaluate(scope)? == Some(Value::Bool(true)))
    }

    fn value(&self, scope: &[(&'static str, &Value)]) -> Result<Option<Value>, Unanswered> {
        let in_scope = |name: &str| scope.iter().find(|(known, _)| *known == name);
        if let Some(path) = Path::of(&self.0.expression, |name| in_scope(name).is_some()) {
            let found = in_scope(path.name()).and_then(|(_, root)| path.walk(root));
            return found.filter(|value| !value.is_null()).map(value::copy).transpose();
        }
        let names = Names { scope, patterns: &self.0.patterns };
        let mut context = Context::with_env(functions::environment());
        context.set_variable_resolver(&names);
        match CelValue::resolve_val(&self.0.expression, &context) {
            Ok(value) => value::json(value.as_ref()).map(|json| Some(json).filter(|json| !json.is_null())),
            Err(ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_)) => Ok(None),
            Err(error) => Err(Unanswered(error.to_string())),
        }
    }
}

struct Names<'s> {
    scope: &'s [(&'static str, &'s Value)],
    patterns: &'s [Regex],
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(number) = name.strip_prefix(PATTERN) {
            let pattern = self.patterns.get(number.parse::<usize>().ok()?)?;
            return Some(CowVal::owned(functions::Pattern(pattern.clone())));
        }
        let (_, value) = self.scope.iter().find(|(known, _)| *known == name)?;
        Some(filter::json::value(value, MAX_VALUE_BYTES))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}

/// Expressions are the same if they are written the same.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NAMES: &[&str] = &["payload", "kind"];

    fn given(source: &str, payload: &Value) -> Result<Option<Value>, Unanswered> {
        let kind = json!("contact.creation");
        Expression::compile(source, NAMES).unwrap().evaluate(&[("payload", payload), ("kind", &kind)])
    }

    #[test]
    fn gives_values_of_every_kind() {
        let payload = json!({"id": 7, "name": "Ada", "tags": ["a", "b"], "at": "2026-11-24T09:30:00Z", "none": null});
        for (source, expected) in [
            ("'contact/' + string(payload.id)", json!("contact/7")),
            ("payload.id + 1", json!(8)),
            ("double(payload.id) / 2.0", json!(3.5)),
            ("payload.tags.map(tag, {'name': tag})", json!([{"name": "a"}, {"name": "b"}])),
            ("{'a': [payload.name, true]}", json!({"a": ["Ada", true]})),
            ("timestamp(payload.at)", json!("2026-11-24T09:30:00Z")),
            ("timestamp(payload.id)", json!("1970-01-01T00:00:07Z")),
            ("kind.matches('^contact') ? payload : kind", payload.clone()),
        ] {
            assert_eq!(given(source, &payload), Ok(Some(expected)), "{source}");
        }
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        let payload = json!({"none": null, "list": []});
        for source in ["payload.a", "payload.a.b", "payload.none", "payload.list[0]", "'x' + payload.a"] {
            assert_eq!(given(source, &payload), Ok(None), "{source}");
        }
        assert!(given("payload.none + 1", &payload).is_err());
    }

    #[test]
    fn copies_what_no_filter_may_look_at() {
        let payload = json!({"text": "x".repeat(100_000), "list": vec![0; 2000], "lines": [{"odd key": "y"}]});
        for (source, expected) in [
            ("payload", payload.clone()),
            ("payload.text", payload["text"].clone()),
            ("payload['list']", payload["list"].clone()),
            ("payload.lines[0]['odd key']", json!("y")),
            ("has(payload.text) ? payload.text : 'none'", payload["text"].clone()),
            ("has(payload.text)", json!(true)),
            ("{'text': payload.text}", json!({"text": payload["text"]})),
        ] {
            assert_eq!(given(source, &payload), Ok(Some(expected)), "{source}");
        }
        let larger = json!({"text": "x".repeat(MAX_VALUE_BYTES)});
        assert!(given("payload", &larger).is_err() && given("payload.text", &larger).is_err());
        assert!(given("payload.text == 'x' || true", &json!({"text": "x".repeat(MAX_VALUE_BYTES + 1)})).is_ok());
    }

    #[test]
    fn refuses_names_it_was_not_given() {
        let refused = |source| Expression::compile(source, NAMES).is_err();
        assert!(refused("data.x") && refused("changed('x')") && refused("old('x')") && refused("payload.x("));
    }

    #[test]
    fn bounds_what_it_makes() {
        let payload = json!({"text": "x".repeat(10_000), "list": vec![0; 1000]});
        assert!(given("payload.text + payload.text", &payload).is_err());
        assert!(given("payload.list.map(item, payload)", &payload).is_err());
        assert!(given("payload.list.map(item, payload.text + 'x')", &payload).is_err());
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was(name in "\\PC{0,20}", number in any::<i64>(), truth in any::<bool>()) {
            let payload = json!({"name": name, "of": [number, truth, {"deep": name}]});
            prop_assert_eq!(given("payload", &payload), Ok(Some(payload.clone())));
        }
    }
}
