//! Any JSON as well-formed XML 1.0: a member is an element, an item of a list is `<item>`, null and whatever is empty is an
//! empty element.
//!
//! A key that is no name of an element is made one, and kept as the attribute `name`. Characters that XML cannot hold are
//! left out. Written by hand, since what a library does beyond this is escape five characters.

use bytes::Bytes;
use serde_json::Value;

use super::{MAX_OUTPUT, ShapeError};

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// The element around everything.
const ROOT: &str = "event";
/// The element of an item of a list.
const ITEM: &str = "item";

/// A document of these members.
pub(super) fn members(members: &[(&str, Value)]) -> Result<Bytes, ShapeError> {
    let mut out = format!("{PROLOGUE}<{ROOT}>");
    for (name, value) in members {
        element(&mut out, name, value)?;
    }
    out.push_str("</event>");
    Ok(out.into())
}

/// A document of this value.
pub(super) fn value(value: &Value) -> Result<Bytes, ShapeError> {
    let mut out = PROLOGUE.to_owned();
    element(&mut out, ROOT, value)?;
    Ok(out.into())
}

fn element(out: &mut String, key: &str, value: &Value) -> Result<(), ShapeError> {
    let name = element_name(key);
    out.push('<');
    out.push_str(&name);
    if name != key {
        out.push_str(" name=\"");
        escape(out, key);
        out.push('"');
    }
    let start = out.len();
    out.push('>');
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => escape(out, text),
        Value::Array(items) => items.iter().try_for_each(|item| element(out, ITEM, item))?,
        Value::Object(members) => members.iter().try_for_each(|(key, member)| element(out, key, member))?,
    }
    if out.len() == start + 1 {
        out.truncate(start);
        out.push_str("/>");
    } else {
        out.push_str("</");
        out.push_str(&name);
        out.push('>');
    }
    if out.len() > MAX_OUTPUT { Err(ShapeError::TooLong) } else { Ok(()) }
}

/// Escapes what markup is made of, and white space that a parser would change.
fn escape(out: &mut String, text: &str) {
    for char in text.chars().filter(|char| is_char(*char)) {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            char => out.push(char),
        }
    }
}

/// Whether XML can hold a character at all (production `Char`).
pub(crate) fn is_char(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// The name of an element for a key: other characters become `_`, and `_` goes before what may not come first. Names that
/// begin with `xml` are reserved, and a colon would name a namespace.
fn element_name(key: &str) -> String {
    let mut name: String = key.chars().map(|char| if is_name_char(char) { char } else { '_' }).collect();
    let is_reserved = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("xml"));
    if is_reserved || !name.starts_with(is_name_start) {
        name.insert(0, '_');
    }
    name
}

/// Production `NameStartChar` without the colon.
fn is_name_start(char: char) -> bool {
    matches!(char,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Production `NameChar` without the colon.
fn is_name_char(char: char) -> bool {
    is_name_start(char)
        || matches!(char, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests;
