//! Values of a mapping: constants, and texts that begin with `=` and are expressions, as in a spreadsheet.

use serde_json::{Map, Value};

use crate::{
    cursor::Cursor,
    expression::{Expression, Unanswered},
    problem::{Problem, Problems},
};

/// What expressions and templates of a source may name: the item, what it lies in, the request's headers by their names in
/// lower case, the query's parameters, what kind of item it is, its id, and the time of receipt.
pub const SOURCE_NAMES: &[&str] = &["payload", "parent", "headers", "query", "kind", "id", "now"];

/// The values of those names, as far as they are known.
pub type Scope<'s> = [(&'static str, &'s Value)];

/// The most members of an object and items of a list in a mapping.
const MAX_MEMBERS: usize = 200;

/// The most that a form makes for one event, in bytes of memory, about: 8 MiB, which any one expression stays within.
pub const MAX_FILLED_BYTES: usize = 8 << 20;

/// What a value takes in memory beside its text, in bytes.
const OVERHEAD: usize = 32;

/// Why a form gives no value. The text may quote what it was given: it is for its owner, never for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    /// An expression gives no value.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// It makes more than [`MAX_FILLED_BYTES`].
    #[error("makes more than {MAX_FILLED_BYTES} bytes: take less of the request")]
    TooLarge,
}

/// A value to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The same every time.
    Constant(Value),
    /// What an expression gives.
    Computed(Expression),
    /// An object of such values. Members that give nothing are left out.
    Object(Box<[(Box<str>, Self)]>),
    /// A list of such values. Items that give nothing are left out.
    List(Box<[Self]>),
}

impl Form {
    /// The value where names stand for this, if there is one.
    pub fn fill(&self, scope: &Scope<'_>) -> Result<Option<Value>, Unfilled> {
        let mut left = MAX_FILLED_BYTES;
        self.within(scope, &mut left)
    }

    /// The same, of what may be made yet. Each expression is bounded, and a form has many that may name the same.
    fn within(&self, scope: &Scope<'_>, left: &mut usize) -> Result<Option<Value>, Unfilled> {
        match self {
            Self::Constant(value) => spend(left, weight(value)).map(|()| Some(value.clone())),
            Self::Computed(expression) => {
                let value = expression.evaluate(scope)?;
                spend(left, value.as_ref().map_or(0, weight))?;
                Ok(value)
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, form) in members {
                    if let Some(value) = form.within(scope, left)? {
                        spend(left, name.len())?;
                        object.insert(name.to_string(), value);
                    }
                }
                Ok(Some(Value::Object(object)))
            }
            Self::List(items) => {
                let items = items.iter().filter_map(|form| form.within(scope, left).transpose());
                Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)))
            }
        }
    }

    /// The value as text: numbers and truths are written out.
    pub fn text(&self, scope: &Scope<'_>) -> Result<Option<String>, Unfilled> {
        Ok(self.fill(scope)?.map(|value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

fn spend(left: &mut usize, bytes: usize) -> Result<(), Unfilled> {
    *left = left.checked_sub(bytes).ok_or(Unfilled::TooLarge)?;
    Ok(())
}

/// What a value takes in memory, in bytes, about. Values are never deep: expressions and documents bound it.
fn weight(value: &Value) -> usize {
    let inner = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
    };
    OVERHEAD + inner
}

/// The form at a cursor.
pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Form> {
    if at.is_text() {
        return problems.keep(leaf(at));
    }
    if let Ok(members) = at.members(MAX_MEMBERS) {
        let read: Vec<_> = members.iter().map(|(name, at)| Some(((*name).into(), self::read(at, problems)?))).collect();
        return read.into_iter().collect::<Option<Box<_>>>().map(Form::Object);
    }
    if let Ok(items) = at.items(MAX_MEMBERS) {
        let read: Vec<_> = items.iter().map(|at| self::read(at, problems)).collect();
        return read.into_iter().collect::<Option<Box<_>>>().map(Form::List);
    }
    match problems.keep(at.json())? {
        Value::Object(_) | Value::Array(_) => {
            problems.add(at.problem(format!("has too many members, or one twice: give at most {MAX_MEMBERS}")));
            None
        }
        scalar => Some(Form::Constant(scalar)),
    }
}

/// A text: an expression after `=`, or itself.
pub(super) fn leaf(at: &Cursor<'_>) -> Result<Form, Problem> {
    let text = at.text()?;
    match text.strip_prefix('=') {
        Some(source) => at.check(Expression::compile(source.trim(), SOURCE_NAMES)).map(Form::Computed),
        None => Ok(Form::Constant(text.into())),
    }
}

/// An expression, with or without `=`.
pub(super) fn expression(at: &Cursor<'_>) -> Result<Expression, Problem> {
    let text = at.text()?;
    at.check(Expression::compile(text.strip_prefix('=').unwrap_or(text).trim(), SOURCE_NAMES))
}
