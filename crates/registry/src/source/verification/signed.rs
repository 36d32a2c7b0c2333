//! The bytes that are signed, as a template: `{id}.{timestamp}.{body}`.

use std::{fmt, str::FromStr};

/// The longest template, in bytes.
pub const MAX_SIGNED: usize = 200;

/// What is signed, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Box<[Part]>);

/// A part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is the same in every request.
    Literal(Box<str>),
    /// The method, in upper case.
    Method,
    /// The whole URL, as the provider was given it.
    Url,
    /// The same, with those escapes undone that providers undo: `%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B`.
    DecodedUrl,
    /// The path of the URL.
    Path,
    /// The id from its header.
    Id,
    /// The timestamp as it is written in the request.
    Timestamp,
    /// The body, byte for byte.
    Body,
    /// The secret.
    Secret,
    /// The fields of a form, sorted, each name before its value, without anything between them.
    SortedForm,
}

/// Names in templates, and what they stand for.
const NAMES: [(&str, Part); 9] = [
    ("method", Part::Method),
    ("url", Part::Url),
    ("decoded_url", Part::DecodedUrl),
    ("path", Part::Path),
    ("id", Part::Id),
    ("timestamp", Part::Timestamp),
    ("body", Part::Body),
    ("secret", Part::Secret),
    ("sorted_form", Part::SortedForm),
];

/// Why a text does not say what is signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigned {
    /// Empty, or longer than [`MAX_SIGNED`].
    #[error("signed has {0} bytes: give 1 to {MAX_SIGNED}")]
    Length(usize),
    /// A name that stands for nothing.
    #[error("signed names {{{0}}}: use method, url, decoded_url, path, id, timestamp, body, secret or sorted_form")]
    Unknown(String),
    /// A bracket without the other.
    #[error("signed has a brace without its other half: close it, or remove it")]
    Brace,
    /// The body is not signed at all, so that anybody could change it.
    #[error("signed has neither {{body}} nor {{sorted_form}}: anybody could change the body")]
    NoBody,
}

impl Signed {
    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether this part is in it.
    pub fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }
}

impl FromStr for Signed {
    type Err = InvalidSigned;

    fn from_str(text: &str) -> Result<Self, InvalidSigned> {
        if text.is_empty() || text.len() > MAX_SIGNED {
            return Err(InvalidSigned::Length(text.len()));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, tail) = rest.split_once('{').unwrap_or((rest, ""));
            if literal.contains('}') || (tail.is_empty() && literal.len() < rest.len()) {
                return Err(InvalidSigned::Brace);
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.into()));
            }
            if tail.is_empty() {
                break;
            }
            let (name, tail) = tail.split_once('}').ok_or(InvalidSigned::Brace)?;
            let known = NAMES.iter().find(|(known, _)| *known == name);
            let (_, part) = known.ok_or_else(|| InvalidSigned::Unknown(name.to_owned()))?;
            parts.push(part.clone());
            rest = tail;
        }
        let signed = Self(parts.into());
        let covers = signed.has(&Part::Body) || signed.has(&Part::SortedForm);
        if covers { Ok(signed) } else { Err(InvalidSigned::NoBody) }
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            named => NAMES.iter().filter(|(_, part)| part == named).try_for_each(|(name, _)| write!(f, "{{{name}}}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let refused = |text: &str| text.parse::<Signed>().unwrap_err();
        assert_eq!(refused("{id}"), InvalidSigned::NoBody);
        assert_eq!(refused("{bodies}"), InvalidSigned::Unknown("bodies".to_owned()));
        for text in ["{body", "body}", "{body}{", "{body}}"] {
            assert_eq!(refused(text), InvalidSigned::Brace, "{text}");
        }
        assert_eq!(refused(""), InvalidSigned::Length(0));
    }

    proptest! {
        #[test]
        fn is_written_as_it_was_read(names in prop::collection::vec("[a-z.:]{0,3}", 1..5)) {
            let text = format!("{}{{body}}", names.join("{timestamp}"));
            prop_assert_eq!(text.parse::<Signed>().unwrap().to_string(), text);
        }
    }
}
