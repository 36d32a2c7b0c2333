//! What somebody wrote, as a tree in which every key and value knows its line and column if it comes from a text, so that
//! all problems can be named at their place. Reading straight into structs would stop at the first one.

mod json;
mod yaml;

use serde_json::Number;

pub(crate) use self::yaml::read;
use crate::problem::Place;

/// How deep lists and mappings may nest. A subscription needs six levels, the schema of an event type more.
pub(crate) const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Option<Place>,
    pub(crate) value: Value,
}

/// A value of the kinds that JSON has.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Text, quoted or not.
    Text(String),
    /// A finite number.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text, with repeated keys.
    Mapping(Vec<(Node, Node)>),
    /// What JSON does not have, by what to call it.
    Other(&'static str),
}

impl Value {
    /// What to call it in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(number) if number.is_u64() => "a number",
            Self::Number(number) if number.is_i64() => "a negative number",
            Self::Number(_) => "a fraction",
            Self::Bool(_) => "true or false",
            Self::Null => "nothing",
            Self::List(_) => "a list",
            Self::Mapping(_) => "a mapping",
            Self::Other(kind) => kind,
        }
    }
}
