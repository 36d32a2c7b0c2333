//! A value as a message's header or a JSON member may give it, before it becomes an attribute.

use std::borrow::Cow;

use crate::Malformed;
use crate::time;

/// One value of a header or of a structured event, as far as it can be an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue<'a> {
    /// Explicitly nothing, which counts as absent: a void header, JSON's `null`.
    Null,
    /// UTF-8 text, taken as it is (no percent-decoding).
    Text(Cow<'a, str>),
    /// A boolean, which becomes `true` or `false`.
    Bool(bool),
    /// A whole number, which becomes its decimal digits.
    Integer(i64),
    /// An AMQP timestamp in whole seconds since 1970, which becomes RFC 3339.
    Timestamp(u64),
    /// Anything that can be no attribute: bytes that are no UTF-8, floats, lists, tables; with its size in bytes, as far
    /// as it is known.
    Unsupported(usize),
}

impl AttributeValue<'_> {
    /// How many bytes it takes in a message, about.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Text(text) => text.len(),
            Self::Bool(_) => 1,
            Self::Integer(_) | Self::Timestamp(_) => 8,
            Self::Unsupported(size) => *size,
        }
    }

    /// The text that CloudEvents gives this value, or nothing for null.
    pub(crate) fn canonical(&self, name: &str) -> Result<Option<Cow<'_, str>>, Malformed> {
        Ok(match self {
            Self::Null => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Timestamp(seconds) => Some(Cow::Owned(time::format(&time::from_seconds(*seconds)?))),
            Self::Unsupported(_) => {
                return Err(Malformed::attribute(name, "must be UTF-8 text, a boolean or a whole number"));
            }
        })
    }
}
