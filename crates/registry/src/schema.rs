//! What the data of an event looks like: JSON Schema 2020-12, compiled once. A schema is somebody's input: it never makes
//! us fetch anything, and its patterns take linear time.

mod guard;

#[cfg(test)]
mod tests;

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// The longest schema, in bytes: 64 KiB.
pub const MAX_SCHEMA_BYTES: usize = 64 << 10;
/// How deep a schema may nest.
pub const MAX_SCHEMA_DEPTH: usize = 32;
/// The most violations that are listed.
pub const MAX_VIOLATIONS: usize = 10;

/// The longest message of a violation, in bytes; the rest is cut off.
const MAX_MESSAGE: usize = 300;
/// The most memory that one compiled regular expression may take, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A compiled schema. Two are equal whose documents are.
pub struct Schema {
    document: Value,
    validator: Validator,
}

/// Why a document is no [`Schema`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchema {
    /// Longer than [`MAX_SCHEMA_BYTES`].
    #[error("schema has {0} bytes: give at most {MAX_SCHEMA_BYTES}")]
    TooLong(usize),
    /// Deeper than [`MAX_SCHEMA_DEPTH`].
    #[error("schema nests more than {MAX_SCHEMA_DEPTH} levels: move parts to $defs")]
    TooDeep,
    /// Not JSON Schema 2020-12.
    #[error("$schema is another version: use {DRAFT}, or leave it out")]
    Draft,
    /// A reference that leads out of the schema.
    #[error("schema refers to another document: put it under $defs and refer to it as #/$defs/…")]
    Remote {
        /// Where, as a JSON pointer into the schema.
        pointer: String,
    },
    /// References that lead to themselves, or multiply.
    #[error("schema has a reference that leads back to itself or fans out too far: refer to less")]
    Tangled {
        /// Where, as a JSON pointer into the schema.
        pointer: String,
    },
    /// Something in it is no JSON Schema.
    #[error("is no JSON Schema 2020-12: {message}")]
    Malformed {
        /// Where, as a JSON pointer into the schema.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
}

/// The one version that is understood.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

impl InvalidSchema {
    /// Where in the schema, as a JSON pointer; empty for the whole.
    pub fn pointer(&self) -> &str {
        match self {
            Self::TooLong(_) | Self::TooDeep => "",
            Self::Draft => "/$schema",
            Self::Remote { pointer } | Self::Tangled { pointer } | Self::Malformed { pointer, .. } => pointer,
        }
    }
}

impl Schema {
    /// Compiles a schema. `format` is checked as well as described.
    pub fn compile(document: &Value) -> Result<Self, InvalidSchema> {
        let length = document.to_string().len();
        if length > MAX_SCHEMA_BYTES {
            return Err(InvalidSchema::TooLong(length));
        }
        guard::check(document)?;
        let patterns = PatternOptions::regex().size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES);
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_pattern_options(patterns);
        let options = options.should_validate_formats(true).offline();
        let validator = options.build(document).map_err(|error| InvalidSchema::Malformed {
            pointer: error.instance_path().to_string(),
            message: shortened(error.masked().to_string()),
        })?;
        Ok(Self { document: document.clone(), validator })
    }

    /// The schema as written.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Whether the schema accepts `data`; or where it does not.
    pub fn check(&self, data: &Value) -> Result<(), Violations> {
        // Nearly always true, and much cheaper than collecting what is wrong.
        if self.validator.is_valid(data) {
            return Ok(());
        }
        let listed = self.validator.iter_errors(data).take(MAX_VIOLATIONS).map(|error| Violation {
            pointer: error.instance_path().to_string(),
            message: shortened(error.masked().to_string()),
        });
        Err(Violations(listed.collect()))
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.document).finish()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

/// One thing in an event's data that the schema refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON pointer (RFC 6901) into the data; empty for the whole.
    pub pointer: String,
    /// What is wrong there. Values of the data are not in it, since they may be personal.
    pub message: String,
}

/// Why a schema refuses an event's data: the first [`MAX_VIOLATIONS`] reasons. Prints them in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// The reasons, at least one.
    pub fn listed(&self) -> &[Violation] {
        &self.0
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Violation { pointer, message }) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            let pointer = if pointer.is_empty() { "/" } else { pointer };
            write!(f, "{separator}{pointer}: {message}")?;
        }
        Ok(())
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push('…');
    }
    message
}
