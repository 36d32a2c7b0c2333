//! The event types that come with the product: what a CRM usually has to say, each with a schema and an example.
//!
//! They are data, one file per family in `catalogue/`, so that they can be read without knowing Rust. Each type is one key
//! with `description`, `schema` and `example`; what several schemas refer to as `#/$defs/…` is in `defs.yaml`, and a
//! schema is given those it refers to. Validation is off: nobody is held to a schema until an operator says so.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::{
    cursor::Cursor,
    event_type::{self, EventTypeSettings},
    problem::{Problem, Problems},
    tree,
};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const DEFINITION: &str = "#/$defs/";
const DEFINITIONS: &str = include_str!("../catalogue/defs.yaml");

const FAMILIES: [&str; 9] = [
    include_str!("../catalogue/contact.yaml"),
    include_str!("../catalogue/company.yaml"),
    include_str!("../catalogue/lead.yaml"),
    include_str!("../catalogue/deal.yaml"),
    include_str!("../catalogue/ticket.yaml"),
    include_str!("../catalogue/order.yaml"),
    include_str!("../catalogue/consent.yaml"),
    include_str!("../catalogue/activity.yaml"),
    include_str!("../catalogue/marketing.yaml"),
];

/// The event types of the catalogue, ordered by family and name, at revision 0 and with validation off.
pub fn event_types() -> Vec<EventTypeSettings> {
    // A test reads every file, so that none is refused here.
    FAMILIES.into_iter().flat_map(|text| family(text).unwrap_or_default()).collect()
}

fn family(text: &str) -> Result<Vec<EventTypeSettings>, Problems> {
    let (types, definitions) = (map(text)?, map(DEFINITIONS)?);
    let read = |(name, document)| event_type::read(&completed(name, document, &definitions));
    types.into_iter().map(read).collect()
}

/// A file, which is a mapping.
fn map(text: &str) -> Result<Map<String, Value>, Problems> {
    match Cursor::root(&tree::read(text)?).json()? {
        Value::Object(map) => Ok(map),
        _ => Err(Problem::whole("is no mapping: give names and what they stand for").into()),
    }
}

/// A document as the API takes it: with its type, and a schema that stands alone.
fn completed(name: String, mut document: Value, definitions: &Map<String, Value>) -> Value {
    document["type"] = Value::String(name);
    let mut used = Map::new();
    collect(&document["schema"], definitions, &mut used);
    document["schema"]["$schema"] = json!(DRAFT);
    if !used.is_empty() {
        document["schema"]["$defs"] = Value::Object(used);
    }
    document
}

/// Adds the definitions that `schema` refers to, and those that they refer to.
fn collect(schema: &Value, definitions: &Map<String, Value>, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(DEFINITION));
            if let Some((name, definition)) = name.and_then(|name| definitions.get_key_value(name))
                && used.insert(name.clone(), definition.clone()).is_none()
            {
                collect(definition, definitions, used);
            }
            map.values().for_each(|value| collect(value, definitions, used));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, definitions, used)),
        _ => {}
    }
}
