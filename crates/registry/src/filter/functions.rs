//! The functions of expressions: which of CEL's there are, and those that are ours.

#![expect(clippy::needless_pass_by_value, reason = "the signature of CEL's functions")]

use std::{
    any::Any,
    sync::{Arc, LazyLock},
};

use cel::{
    Env, ExecutionError,
    common::{
        ast::operators,
        types::{CelBool, CelString, DYN_TYPE, Kind, Type},
        value::{CowVal, StaticVal, Val},
    },
};
use regex::Regex;

use super::{MAX_FILTER_TEXT, json};

/// Our `==`.
pub(super) const EQUALS: &str = "@equals";
/// Our `in`.
pub(super) const CONTAINS: &str = "@contains";
/// Our `+`.
pub(super) const ADD: &str = "@add";
/// Our `+` where texts may be joined.
pub(super) const JOIN: &str = "@join";
/// Our `matches`.
pub(super) const MATCHES: &str = "@matches";

/// The operators that are CEL's, and what its macros are made of.
pub(super) const OPERATORS: [&str; 16] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
];

/// Functions that are called with all they need: none makes a long text of a short one.
pub(super) const FUNCTIONS: [&str; 7] = ["size", "int", "uint", "double", "string", "timestamp", "duration"];

/// Functions that are called on a value.
pub(super) const METHODS: [&str; 14] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut environment = Env::default().with_optional_support(false).with_stdlib();
    let ours =
        [(EQUALS, equals as _), (CONTAINS, contains as _), (ADD, add as _), (JOIN, join as _), (MATCHES, matches as _)];
    for (name, function) in ours {
        let declared = environment.add_overload(name, name, vec![DYN_TYPE, DYN_TYPE], function);
        debug_assert!(declared.is_ok(), "CEL has no function of this name");
    }
    Arc::new(environment)
});

/// What every expression is evaluated in.
pub(crate) fn environment() -> Arc<Env> {
    Arc::clone(&ENVIRONMENT)
}

static PATTERN: Type = Type::new_unspecified_type("pattern");

/// A compiled regular expression, as a value.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) Regex);

impl Val for Pattern {
    fn get_type(&self) -> &Type {
        &PATTERN
    }

    fn cel_type() -> &'static Type {
        &PATTERN
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Pattern {}

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn boolean<'b, 'v>(value: bool) -> CowVal<'b, 'v> {
    CowVal::owned(CelBool::from(value))
}

fn types(args: &[CowVal<'_, '_>]) -> Vec<String> {
    args.iter().map(|argument| argument.get_type().name().to_owned()).collect()
}

fn equals<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    match args.as_slice() {
        [one, other] => Ok(boolean(json::equals(one.as_ref(), other.as_ref()))),
        _ => Err(ExecutionError::no_such_overload("_==_", types(&args))),
    }
}

fn contains<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let refused = || ExecutionError::no_such_overload("_in_", types(&args));
    let [item, whole] = args.as_slice() else {
        return Err(refused());
    };
    if whole.get_type().kind() == Kind::List {
        let mut items = whole.as_iterable().ok_or_else(refused)?.iter();
        while let Some(next) = items.next() {
            if json::equals(next, item.as_ref()) {
                return Ok(boolean(true));
            }
        }
        return Ok(boolean(false));
    }
    whole.as_container().ok_or_else(refused)?.contains(item.as_ref()).map(boolean)
}

fn add<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let refused = || ExecutionError::no_such_overload("_+_", types(&args));
    let [one, other] = args.as_slice() else {
        return Err(refused());
    };
    if matches!(one.get_type().kind(), Kind::String | Kind::Bytes | Kind::List) {
        return Err(ExecutionError::function_error("+", "a filter joins no texts and no lists"));
    }
    let sum = one.as_adder().ok_or_else(refused)?.add(other.as_ref())?;
    Ok(CowVal::Owned(sum.into_owned()))
}

/// Joins two texts to one that is not longer than what expressions may look at; anything else is added.
fn join<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let [one, other] = args.as_slice() else {
        return Err(ExecutionError::no_such_overload("_+_", types(&args)));
    };
    let texts = (one.downcast_ref::<CelString<'_>>(), other.downcast_ref::<CelString<'_>>());
    let (Some(one), Some(other)) = texts else { return add(args) };
    let joined = [one.inner(), other.inner()].concat();
    if joined.len() > MAX_FILTER_TEXT {
        let told = format!("the joined text has {} bytes: join to at most {MAX_FILTER_TEXT}", joined.len());
        return Err(ExecutionError::function_error("+", told));
    }
    Ok(CowVal::owned(CelString::from(joined)))
}

fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let refused = || ExecutionError::no_such_overload("matches", types(&args));
    let [text, pattern] = args.as_slice() else {
        return Err(refused());
    };
    let text = text.downcast_ref::<CelString<'_>>().ok_or_else(refused)?;
    let pattern = pattern.downcast_ref::<Pattern>().ok_or_else(refused)?;
    Ok(boolean(pattern.0.is_match(text.inner())))
}
