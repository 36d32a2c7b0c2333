//! What has to be known about one receiver before a recipe can be used.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};

use crate::destination::{InvalidDestination, parse_url};

/// The longest value of a parameter, in bytes.
pub const MAX_VALUE_BYTES: usize = 2048;
/// The longest pattern of a parameter, in bytes.
const MAX_PATTERN_BYTES: usize = 256;
/// What a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 256 << 10;

/// What the value of a parameter is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Any text of one line.
    #[default]
    Text,
    /// An absolute URL, which a destination may begin with.
    Url,
}

/// A parameter of a recipe.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What it is called: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// What its value is.
    pub kind: Kind,
    /// What it is, and where to find it.
    pub description: String,
    /// A value that could be one.
    pub example: String,
    /// Its value unless another is given; without one it must be given.
    pub default: Option<String>,
    /// Whether its value must not be shown to others: it can stand in `destination` only, where it is masked.
    pub secret: bool,
    pub(super) pattern: Option<(String, Regex)>,
}

/// Why a text is no value of a parameter. Never holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// Empty, or longer than [`MAX_VALUE_BYTES`].
    #[error("has {0} bytes: give 1 to {MAX_VALUE_BYTES}")]
    Length(usize),
    /// A line end or another control character.
    #[error("holds a control character: give one line of text")]
    Control,
    /// The pattern does not match.
    #[error("is not as {0} asks: see the example")]
    Pattern(String),
    /// No URL that deliveries could be sent to.
    #[error(transparent)]
    Url(#[from] InvalidDestination),
}

/// Why a text is no pattern of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidPattern {
    /// Longer than [`MAX_PATTERN_BYTES`].
    #[error("has {0} bytes: give at most {MAX_PATTERN_BYTES}")]
    Length(usize),
    /// No regular expression, or one that is too large.
    #[error("is no regular expression that can be used: make it simpler")]
    Syntax,
}

impl Kind {
    pub(super) const ALL: [(&'static str, Self); 2] = [("text", Self::Text), ("url", Self::Url)];

    /// `text` or `url`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Url => "url",
        }
    }
}

impl Parameter {
    /// The same parameter, whose values match a pattern from their first character to their last.
    pub(super) fn with_pattern(mut self, pattern: Option<&str>) -> Result<Self, InvalidPattern> {
        self.pattern = pattern.map(compile).transpose()?;
        Ok(self)
    }

    /// Whether `value` can be its value.
    pub fn check(&self, value: &str) -> Result<(), InvalidValue> {
        if value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return Err(InvalidValue::Length(value.len()));
        }
        if value.contains(char::is_control) {
            return Err(InvalidValue::Control);
        }
        if let Some((source, pattern)) = &self.pattern
            && !pattern.is_match(value)
        {
            return Err(InvalidValue::Pattern(source.clone()));
        }
        if self.kind == Kind::Url {
            // Whether http is allowed is for whoever saves the subscription to say.
            parse_url(value, true)?;
        }
        Ok(())
    }

    /// As the file of the recipe says it.
    pub(super) fn to_value(&self) -> Value {
        let mut document = Map::from_iter([
            ("name".to_owned(), json!(self.name)),
            ("kind".to_owned(), json!(self.kind.as_str())),
            ("description".to_owned(), json!(self.description)),
            ("example".to_owned(), json!(self.example)),
            ("secret".to_owned(), json!(self.secret)),
        ]);
        let pattern = self.pattern.as_ref().map(|(source, _)| source);
        for (key, value) in [("default", &self.default), ("pattern", &pattern.cloned())] {
            if let Some(value) = value {
                document.insert(key.to_owned(), json!(value));
            }
        }
        Value::Object(document)
    }
}

/// The parameter of this name.
pub(super) fn named<'p>(parameters: &'p [Parameter], name: &str) -> Option<&'p Parameter> {
    parameters.iter().find(|parameter| parameter.name == name)
}

fn compile(pattern: &str) -> Result<(String, Regex), InvalidPattern> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(InvalidPattern::Length(pattern.len()));
    }
    let whole = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_COMPILED).build();
    whole.map(|regex| (pattern.to_owned(), regex)).map_err(|_| InvalidPattern::Syntax)
}
