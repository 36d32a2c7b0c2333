//! The extension attributes of an event, such as `traceparent`: whatever CloudEvents attribute is not one of ours.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::text::{self, InvalidText};

/// The most extensions one event may have.
pub const MAX_EXTENSIONS: usize = 32;

/// The longest name of an extension, in bytes.
pub const MAX_EXTENSION_NAME: usize = 20;

/// The longest value of an extension, in bytes; room for a full `tracestate` or `baggage`.
pub const MAX_EXTENSION_VALUE: usize = 4096;

/// Names that are no extensions: attributes of the envelope itself, and the members of a JSON event that hold its data.
const TAKEN: [&str; 11] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "subject",
    "datacontenttype",
    "dataschema",
    "tenant",
    "data",
    "data_base64",
];

/// Extension attributes by name: at most [`MAX_EXTENSIONS`], names of `[a-z0-9]`, values without control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(BTreeMap<String, String>);

impl Extensions {
    /// Sets an extension, over an earlier value of the same name.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), InvalidExtension> {
        let name_is_good = (1..=MAX_EXTENSION_NAME).contains(&name.len())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        if !name_is_good || TAKEN.contains(&name) {
            return Err(InvalidExtension::Name);
        }
        text::check::<MAX_EXTENSION_VALUE>(value).map_err(InvalidExtension::Value)?;
        if self.0.len() == MAX_EXTENSIONS && !self.0.contains_key(name) {
            return Err(InvalidExtension::TooMany);
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// The value of an extension.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Why an extension cannot be set; whoever reports it names the extension.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidExtension {
    /// The name is reserved, too long, empty, or has other characters.
    #[error("is no name for an extension: use 1 to {MAX_EXTENSION_NAME} of a-z and 0-9 that name no other attribute")]
    Name,
    /// The value is empty, too long, or has control characters.
    #[error("{0}")]
    Value(InvalidText),
    /// The event has as many as it may have.
    #[error("is one extension too many: use at most {MAX_EXTENSIONS}")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_them_sorted() {
        let mut extensions = Extensions::default();
        assert_eq!(extensions.insert("tracestate", "a=1"), Ok(()));
        assert_eq!(extensions.insert("traceparent", "00-1"), Ok(()));
        let listed: Vec<_> = extensions.iter().collect();
        assert_eq!(listed, [("traceparent", "00-1"), ("tracestate", "a=1")]);
    }

    #[test]
    fn refuses_names_that_mean_something_else() {
        let mut extensions = Extensions::default();
        for name in ["", "Upper", "with-dash", "data", "tenant", "specversion", "a23456789012345678901"] {
            assert_eq!(extensions.insert(name, "x"), Err(InvalidExtension::Name), "{name}");
        }
    }

    #[test]
    fn refuses_one_too_many() {
        let mut extensions = Extensions::default();
        for number in 0..MAX_EXTENSIONS {
            assert_eq!(extensions.insert(&format!("x{number}"), "1"), Ok(()));
        }
        assert_eq!(extensions.insert("more", "1"), Err(InvalidExtension::TooMany));
        assert_eq!(extensions.insert("x0", "2"), Ok(()));
    }

    #[test]
    fn refuses_values_that_could_break_a_header() {
        let refused = InvalidExtension::Value(InvalidText::Forbidden { at: 1 });
        assert_eq!(Extensions::default().insert("x", "a\r\nb"), Err(refused));
    }
}
