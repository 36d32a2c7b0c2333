//! An event type as registered: what it means, what its data looks like, and what happens to an event whose data does not.

use std::{fmt, str::FromStr, sync::Arc};

use barid_event::EventType;
use serde_json::{Map, Value, json};

use crate::{
    cursor::{Cursor, Keys},
    problem::{Problem, Problems},
    schema::Schema,
    tree::Node,
};

/// The longest description, in bytes.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The longest example, in bytes: 64 KiB, what an event should not exceed.
pub const MAX_EXAMPLE_BYTES: usize = 64 << 10;

const EVENT_TYPE: Keys = Keys { known: &["type", "description", "validation", "schema", "example"], unsupported: &[] };

/// A registered event type.
#[derive(Clone, Debug, PartialEq)]
pub struct EventTypeSettings {
    /// The type.
    pub event_type: EventType,
    /// What it means, at most [`MAX_DESCRIPTION`] bytes; empty if nobody said.
    pub description: String,
    /// What its data looks like.
    pub schema: Option<Arc<Schema>>,
    /// Data of such an event, which the schema accepts.
    pub example: Option<Value>,
    /// What happens to an event that the schema refuses.
    pub validation: Validation,
    /// The revision of the store at which it last changed; 0 if it comes from a file.
    pub revision: u64,
}

/// What happens to an event that the schema of its type refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Validation {
    /// Nobody looks. The default: a schema that is only there to be read must not stop events.
    #[default]
    Off,
    /// It is counted and goes on.
    Warn,
    /// It is refused, or becomes a dead letter.
    Enforce,
}

/// A text is no [`Validation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("validation is neither off, warn nor enforce: use one of them")]
pub struct InvalidValidation;

impl Validation {
    const ALL: [Self; 3] = [Self::Off, Self::Warn, Self::Enforce];

    /// `off`, `warn` or `enforce`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

impl FromStr for Validation {
    type Err = InvalidValidation;

    fn from_str(text: &str) -> Result<Self, InvalidValidation> {
        Self::ALL.into_iter().find(|validation| validation.as_str() == text).ok_or(InvalidValidation)
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The event type that a document describes, at revision 0; or everything that is wrong with it.
pub fn read(document: &Value) -> Result<EventTypeSettings, Problems> {
    let node = Node::document(document).map_err(Problems::from)?;
    let mut problems = Problems::default();
    let read = settings(&Cursor::root(&node), &mut problems);
    problems.finish(read)
}

/// The canonical document.
pub fn write(settings: &EventTypeSettings) -> Value {
    let EventTypeSettings { event_type, description, schema, example, validation, revision: _ } = settings;
    let mut document = Map::from_iter([
        ("type".to_owned(), json!(event_type.as_str())),
        ("description".to_owned(), json!(description)),
        ("validation".to_owned(), json!(validation.as_str())),
    ]);
    if let Some(schema) = schema {
        document.insert("schema".to_owned(), schema.document().clone());
    }
    if let Some(example) = example {
        document.insert("example".to_owned(), example.clone());
    }
    Value::Object(document)
}

/// The event type at a cursor.
pub(crate) fn settings(at: &Cursor<'_>, problems: &mut Problems) -> Option<EventTypeSettings> {
    let fields = at.fields(&EVENT_TYPE, problems)?;
    let event_type = problems.keep(fields.require("type").and_then(Cursor::parse));
    let description = fields.optional("description", problems, |at| at.prose(MAX_DESCRIPTION));
    let validation = fields.optional("validation", problems, Cursor::parse::<Validation>).unwrap_or_default();
    let schema = fields.optional("schema", problems, schema).map(Arc::new);
    let example = fields.optional("example", problems, |at| example(at, schema.as_deref()));
    if validation != Validation::Off && fields.get("schema").is_none() {
        problems.add(fields.missing(&["schema"], "add it, or turn validation off"));
    }
    Some(EventTypeSettings {
        event_type: event_type?,
        description: description.unwrap_or_default(),
        schema,
        example,
        validation,
        revision: 0,
    })
}

fn schema(at: &Cursor<'_>) -> Result<Schema, Problem> {
    Schema::compile(&at.json()?).map_err(|error| at.problem_at(error.pointer(), error.to_string()))
}

fn example(at: &Cursor<'_>, schema: Option<&Schema>) -> Result<Value, Problem> {
    let example = at.json()?;
    let length = example.to_string().len();
    if length > MAX_EXAMPLE_BYTES {
        return Err(at.problem(format!("has {length} bytes: give at most {MAX_EXAMPLE_BYTES}")));
    }
    match schema.map(|schema| schema.check(&example)) {
        Some(Err(violations)) => Err(match violations.listed().first() {
            Some(first) => at.problem_at(&first.pointer, format!("is refused by the schema: {}", first.message)),
            None => at.problem("is refused by the schema"),
        }),
        _ => Ok(example),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(document: &Value) -> Vec<(String, String)> {
        let problems = read(document).unwrap_err();
        problems.listed().iter().map(|problem| (problem.pointer().to_owned(), problem.message.clone())).collect()
    }

    #[test]
    fn the_least_is_a_type_that_nobody_validates() {
        let read = read(&json!({"type": "deal.won"})).unwrap();
        assert_eq!(
            (read.event_type.as_str(), read.description.as_str(), read.validation),
            ("deal.won", "", Validation::Off)
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        for validation in Validation::ALL {
            let document = json!({
                "type": "deal.won", "description": "A deal was won.\nAt last.", "validation": validation.as_str(),
                "schema": {"type": "object", "minProperties": 1, "properties": {"p": {"minimum": -0.5}}},
                "example": {"p": 1.5, "note": null},
            });
            let settings = read(&document).unwrap();
            assert_eq!(write(&settings), document);
            assert_eq!(read(&write(&settings)).unwrap(), settings);
        }
    }

    #[test]
    fn validation_needs_a_schema() {
        let told = refused(&json!({"type": "deal.won", "validation": "enforce"}));
        assert_eq!(told, [("/schema".into(), "is missing: add it, or turn validation off".into())]);
    }

    #[test]
    fn a_schema_that_is_none_is_pointed_at() {
        let told = refused(&json!({"type": "a", "schema": {"properties": {"p": {"type": "text"}}}}));
        assert_eq!(told[0].0, "/schema/properties/p/type", "{told:?}");
    }

    #[test]
    fn an_example_must_satisfy_the_schema() {
        let told =
            refused(&json!({"type": "a", "schema": {"properties": {"n": {"type": "integer"}}}, "example": {"n": "x"}}));
        assert_eq!(told, [("/example/n".into(), "is refused by the schema: value is not of type \"integer\"".into())]);
    }

    #[test]
    fn bounds_description_and_example() {
        let told =
            refused(&json!({"type": "a", "description": "x".repeat(2_001), "example": "x".repeat(MAX_EXAMPLE_BYTES)}));
        assert_eq!(told[0], ("/description".into(), "has 2001 bytes: give at most 2000".into()));
        assert_eq!(told[1], ("/example".into(), "has 65538 bytes: give at most 65536".into()));
    }
}
