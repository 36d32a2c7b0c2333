//! What an expression gives, as JSON. It can name the same thing many times over, so that its size is counted.

use cel::common::{
    types::{CelBool, CelDouble, CelInt, CelString, CelTimestamp, CelUInt, Kind},
    value::Val,
};
use chrono::SecondsFormat;
use serde_json::{Map, Number, Value};

use super::Unanswered;
use crate::tree::MAX_DEPTH;

/// The largest value an expression gives, in bytes of JSON, about: 1 MiB.
pub const MAX_VALUE_BYTES: usize = 1 << 20;

/// What a value costs beside its text.
const OVERHEAD: usize = 3;

/// The value as JSON.
pub(super) fn json(value: &dyn Val) -> Result<Value, Unanswered> {
    let mut budget = MAX_VALUE_BYTES;
    convert(value, MAX_DEPTH, &mut budget)
}

/// A copy of what is JSON already, within the same bounds.
pub(super) fn copy(value: &Value) -> Result<Value, Unanswered> {
    let mut budget = MAX_VALUE_BYTES;
    count(value, MAX_DEPTH, &mut budget)?;
    Ok(value.clone())
}

fn count(value: &Value, depth: usize, budget: &mut usize) -> Result<(), Unanswered> {
    let depth = deeper(depth)?;
    match value {
        Value::String(text) => spend(budget, text.len()),
        Value::Array(items) => {
            spend(budget, 0)?;
            items.iter().try_for_each(|item| count(item, depth, budget))
        }
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            spend(budget, name.len())?;
            count(member, depth, budget)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => spend(budget, OVERHEAD),
    }
}

fn deeper(depth: usize) -> Result<usize, Unanswered> {
    depth.checked_sub(1).ok_or_else(|| Unanswered("the value is nested too deeply".to_owned()))
}

fn spend(budget: &mut usize, bytes: usize) -> Result<(), Unanswered> {
    let left = budget.checked_sub(bytes + OVERHEAD);
    *budget = left.ok_or_else(|| Unanswered(format!("the value has more than {MAX_VALUE_BYTES} bytes")))?;
    Ok(())
}

fn convert(value: &dyn Val, depth: usize, budget: &mut usize) -> Result<Value, Unanswered> {
    let depth = deeper(depth)?;
    let kind = value.get_type().kind();
    let name = value.get_type().name().to_owned();
    let refused = || Unanswered(format!("the expression gives {name}, which json does not have"));
    if kind == Kind::List {
        spend(budget, 0)?;
        let mut items = value.as_iterable().ok_or_else(refused)?.iter();
        let mut list = Vec::new();
        while let Some(item) = items.next() {
            list.push(convert(item, depth, budget)?);
        }
        return Ok(Value::Array(list));
    }
    if kind == Kind::Map {
        return object(value, depth, budget).unwrap_or_else(|| Err(refused()));
    }
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        spend(budget, text.inner().len())?;
        return Ok(text.inner().into());
    }
    spend(budget, OVERHEAD)?;
    let scalar = if kind == Kind::NullType {
        Some(Value::Null)
    } else if let Some(value) = value.downcast_ref::<CelBool>() {
        Some((*value.inner()).into())
    } else if let Some(value) = value.downcast_ref::<CelInt>() {
        Some((*value.inner()).into())
    } else if let Some(value) = value.downcast_ref::<CelUInt>() {
        Some((*value.inner()).into())
    } else if let Some(value) = value.downcast_ref::<CelDouble>() {
        Number::from_f64(*value.inner()).map(Value::Number)
    } else {
        let time = value.downcast_ref::<CelTimestamp>();
        time.map(|time| time.inner().to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
    };
    scalar.ok_or_else(refused)
}

/// A map whose keys are texts; `None` for another.
fn object(value: &dyn Val, depth: usize, budget: &mut usize) -> Option<Result<Value, Unanswered>> {
    let indexer = value.as_indexer()?;
    let mut keys = value.as_iterable()?.iter();
    let mut members = Map::new();
    while let Some(key) = keys.next() {
        let name = key.downcast_ref::<CelString<'_>>()?.inner();
        let found = indexer.get(key).map_err(|error| Unanswered(error.to_string()));
        let member = spend(budget, name.len()).and(found).and_then(|found| convert(found.as_ref(), depth, budget));
        match member {
            Ok(member) => _ = members.insert(name.to_owned(), member),
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(Value::Object(members)))
}
