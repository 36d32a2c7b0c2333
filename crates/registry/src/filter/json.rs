//! Parsed JSON as values of an expression: borrowed, and looked into only where the expression looks.

use std::sync::OnceLock;

use cel::{
    ExecutionError,
    common::{
        traits::{Container, Indexer, Iterable, Iterator, Sizer},
        types::{CelBool, CelDouble, CelInt, CelNull, CelString, CelUInt, Kind, LIST_TYPE, MAP_TYPE, Type},
        value::{CowVal, Val},
    },
};
use serde_json::{Map, Value};

use super::MAX_FILTER_LIST;

/// What is not there.
pub(super) static NULL: Value = Value::Null;

static TOO_LARGE: Type = Type::new_unspecified_type("a text or list that is too large for expressions");

/// A value of an expression that looks at texts of at most `max_text` bytes.
pub(crate) fn value<'b>(json: &Value, max_text: usize) -> CowVal<'b, '_> {
    CowVal::Owned(boxed(json, max_text))
}

fn boxed<'v>(json: &'v Value, max_text: usize) -> Box<dyn Val + 'v> {
    match json {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::String(text) if text.len() > max_text => Box::new(TooLarge),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(items) if items.len() > MAX_FILTER_LIST => Box::new(TooLarge),
        Value::Array(items) => Box::new(List { items, max_text, made: OnceLock::new() }),
        Value::Object(members) => Box::new(Object { members, max_text, keys: OnceLock::new() }),
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                Box::new(CelInt::from(number))
            } else if let Some(number) = number.as_u64() {
                Box::new(CelUInt::from(number))
            } else {
                Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN)))
            }
        }
    }
}

/// Whether two values are the same. CEL's own lists and objects are never the same as borrowed ones to their own `equals`.
pub(super) fn equals(one: &dyn Val, other: &dyn Val) -> bool {
    match (one.get_type().kind(), other.get_type().kind()) {
        (Kind::List, Kind::List) => same_lists(one, other).unwrap_or(false),
        (Kind::Map, Kind::Map) => same_maps(one, other).unwrap_or(false),
        // Ours would come back here, without end.
        (Kind::List | Kind::Map, _) => false,
        _ => one.equals(other),
    }
}

fn same_lists(one: &dyn Val, other: &dyn Val) -> Option<bool> {
    let (mut one, mut other) = (one.as_iterable()?.iter(), other.as_iterable()?.iter());
    loop {
        match (one.next(), other.next()) {
            (None, None) => return Some(true),
            (Some(one), Some(other)) if equals(one, other) => {}
            _ => return Some(false),
        }
    }
}

fn same_maps(one: &dyn Val, other: &dyn Val) -> Option<bool> {
    if one.as_sizer()?.size() != other.as_sizer()?.size() {
        return Some(false);
    }
    let (here, there) = (one.as_indexer()?, other.as_indexer()?);
    let mut keys = one.as_iterable()?.iter();
    while let Some(key) = keys.next() {
        let same = here.get(key).is_ok_and(|here| there.get(key).is_ok_and(|there| equals(&*here, &*there)));
        if !same {
            return Some(false);
        }
    }
    Some(true)
}

/// Of something in something: refuses what is too large, by name.
fn found<'b, 'v>(json: &'v Value, what: &str, max_text: usize) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let refuse = |what: String| Err(ExecutionError::function_error("data", what));
    match json {
        Value::String(text) if text.len() > max_text => {
            refuse(format!("{what} has {} bytes: give expressions texts of at most {max_text}", text.len()))
        }
        Value::Array(items) if items.len() > MAX_FILTER_LIST => {
            refuse(format!("{what} has {} items: give expressions lists of at most {MAX_FILTER_LIST}", items.len()))
        }
        _ => Ok(value(json, max_text)),
    }
}

fn wrong_index(index: &dyn Val, want: &str) -> ExecutionError {
    ExecutionError::UnexpectedType { got: index.get_type().name().to_owned(), want: want.to_owned() }
}

/// Something that no operator knows, so that every use of it is an error.
#[derive(Debug)]
struct TooLarge;

impl Val for TooLarge {
    fn get_type(&self) -> &Type {
        &TOO_LARGE
    }

    fn cel_type() -> &'static Type {
        &TOO_LARGE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Self)
    }
}

/// An array. Its items are made when somebody walks them.
#[derive(Debug)]
struct List<'j> {
    items: &'j [Value],
    max_text: usize,
    made: OnceLock<Vec<Box<dyn Val + 'j>>>,
}

impl<'j> Val for List<'j> {
    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }

    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        equals(self, other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(List::<'j> { items: self.items, max_text: self.max_text, made: OnceLock::new() })
    }
}

impl Container for List<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.items.iter().any(|item| equals(&*boxed(item, self.max_text), value)))
    }
}

impl Indexer for List<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let number = if let Some(number) = index.downcast_ref::<CelInt>() {
            usize::try_from(*number.inner()).ok()
        } else if let Some(number) = index.downcast_ref::<CelUInt>() {
            usize::try_from(*number.inner()).ok()
        } else {
            return Err(wrong_index(index, "int"));
        };
        let item = number.and_then(|number| self.items.get(number));
        let missing = || ExecutionError::IndexOutOfBounds(cel::Value::try_from(index).unwrap_or(cel::Value::Null));
        found(item.ok_or_else(missing)?, "an item", self.max_text)
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Iterable for List<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Walk(
            self.made.get_or_init(|| self.items.iter().map(|item| boxed(item, self.max_text)).collect()).iter(),
        ))
    }
}

impl Sizer for List<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.items.len()).unwrap_or(i64::MAX))
    }
}

/// An object. Its keys are made when somebody walks them.
#[derive(Debug)]
struct Object<'j> {
    members: &'j Map<String, Value>,
    max_text: usize,
    keys: OnceLock<Vec<Box<dyn Val + 'j>>>,
}

impl<'j> Val for Object<'j> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        (self.members.len() <= MAX_FILTER_LIST).then_some(self as _)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        equals(self, other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Object::<'j> { members: self.members, max_text: self.max_text, keys: OnceLock::new() })
    }
}

impl Object<'_> {
    fn key(key: &dyn Val) -> Result<&str, ExecutionError> {
        match key.downcast_ref::<CelString<'_>>() {
            Some(key) => Ok(key.inner()),
            None => Err(wrong_index(key, "string")),
        }
    }
}

impl Container for Object<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Self::key(key).map(|key| self.members.contains_key(key))
    }
}

impl Indexer for Object<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let key = Self::key(key)?;
        found(self.members.get(key).ok_or_else(|| ExecutionError::no_such_key(key))?, key, self.max_text)
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Object<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Walk(self.keys.get_or_init(|| keys(self.members)).iter()))
    }
}

fn keys(members: &Map<String, Value>) -> Vec<Box<dyn Val + '_>> {
    members.keys().map(|key| Box::new(CelString::from(key.as_str())) as Box<dyn Val + '_>).collect()
}

impl Sizer for Object<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.members.len()).unwrap_or(i64::MAX))
    }
}

/// Lends out what was made.
struct Walk<'b, 'j>(std::slice::Iter<'b, Box<dyn Val + 'j>>);

impl<'b, 'v, 'j: 'v> Iterator<'b, 'v> for Walk<'b, 'j> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| &**item as _)
    }
}
