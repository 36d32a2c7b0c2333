//! What a schema may not do, looked at before it is compiled: refer to other documents, refer back to itself, or multiply
//! its own size by references. What passes costs at most its expanded size for each value of an event's data, and never
//! recurses without end.

use std::ptr;

use serde_json::{Map, Value};

use super::{DRAFT, InvalidSchema, MAX_SCHEMA_DEPTH};
use crate::problem::escaped;

/// The most subschemas there may be when every reference is written out.
const MAX_EXPANDED: usize = 20_000;
/// How deep the schema may nest when every reference is written out.
const MAX_EXPANDED_DEPTH: usize = 2 * MAX_SCHEMA_DEPTH;

/// Keywords whose value maps names of the user's to schemas.
const MAPS: [&str; 5] = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];
/// Keywords whose value is data.
const DATA: [&str; 4] = ["const", "enum", "default", "examples"];

pub(super) fn check(document: &Value) -> Result<(), InvalidSchema> {
    if depth(document) > MAX_SCHEMA_DEPTH {
        return Err(InvalidSchema::TooDeep);
    }
    if document
        .get("$schema")
        .is_some_and(|draft| draft.as_str().is_none_or(|draft| draft.trim_end_matches('#') != DRAFT))
    {
        return Err(InvalidSchema::Draft);
    }
    Expansion { document, on_the_way: Vec::new(), left: MAX_EXPANDED }.schema(document, "")
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(map) => map.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// A walk over a schema as if every reference were written out.
struct Expansion<'s> {
    document: &'s Value,
    /// The schemas that the walk is in.
    on_the_way: Vec<&'s Value>,
    /// How many more schemas may be met.
    left: usize,
}

impl<'s> Expansion<'s> {
    fn schema(&mut self, schema: &'s Value, pointer: &str) -> Result<(), InvalidSchema> {
        let Value::Object(map) = schema else {
            return Ok(());
        };
        let returns = self.on_the_way.iter().any(|outer| ptr::eq(*outer, schema));
        if returns || self.left == 0 || self.on_the_way.len() == MAX_EXPANDED_DEPTH {
            return Err(InvalidSchema::Tangled { pointer: pointer.to_owned() });
        }
        self.left -= 1;
        self.on_the_way.push(schema);
        for (key, value) in map {
            self.keyword(key, value, &format!("{pointer}/{}", escaped(key)))?;
        }
        self.on_the_way.pop();
        Ok(())
    }

    fn keyword(&mut self, key: &str, value: &'s Value, pointer: &str) -> Result<(), InvalidSchema> {
        match value {
            Value::String(reference) if key == "$ref" || key == "$dynamicRef" => {
                let target = self.target(reference, pointer)?;
                self.schema(target, pointer)
            }
            Value::String(_) if key == "$id" && self.on_the_way.len() > 1 => {
                // It would give the references in it another meaning.
                let message = "an $id within a schema is not supported: leave it out".to_owned();
                Err(InvalidSchema::Malformed { pointer: pointer.to_owned(), message })
            }
            _ if DATA.contains(&key) => Ok(()),
            Value::Object(map) if MAPS.contains(&key) => self.each(map, pointer),
            Value::Array(items) => (0..)
                .zip(items)
                .try_for_each(|(index, item): (usize, _)| self.schema(item, &format!("{pointer}/{index}"))),
            _ => self.schema(value, pointer),
        }
    }

    fn each(&mut self, map: &'s Map<String, Value>, pointer: &str) -> Result<(), InvalidSchema> {
        map.iter().try_for_each(|(name, schema)| self.schema(schema, &format!("{pointer}/{}", escaped(name))))
    }

    /// What a reference leads to: a pointer or an anchor, in this document.
    fn target(&self, reference: &str, pointer: &str) -> Result<&'s Value, InvalidSchema> {
        let Some(fragment) = reference.strip_prefix('#') else {
            return Err(InvalidSchema::Remote { pointer: pointer.to_owned() });
        };
        let target = if fragment.is_empty() || fragment.starts_with('/') {
            self.document.pointer(fragment)
        } else {
            anchored(self.document, fragment)
        };
        target.ok_or_else(|| InvalidSchema::Malformed {
            pointer: pointer.to_owned(),
            message: "the reference leads nowhere".to_owned(),
        })
    }
}

fn anchored<'s>(value: &'s Value, anchor: &str) -> Option<&'s Value> {
    match value {
        Value::Object(map) => {
            let is_it =
                ["$anchor", "$dynamicAnchor"].into_iter().any(|key| map.get(key).is_some_and(|it| it == anchor));
            if is_it { Some(value) } else { map.values().find_map(|value| anchored(value, anchor)) }
        }
        Value::Array(items) => items.iter().find_map(|item| anchored(item, anchor)),
        _ => None,
    }
}
