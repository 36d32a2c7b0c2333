//! The way to a member of the data: `owner.email`. A way through a list leads to each of its items: `lines.sku`.

use std::{fmt, str::FromStr};

/// The longest path, in bytes.
pub const MAX_PATH_LENGTH: usize = 256;

/// Keys separated by dots, none of them empty; at most [`MAX_PATH_LENGTH`] bytes. Keys that hold a dot cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Box<str>);

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// Longer than [`MAX_PATH_LENGTH`].
    #[error("has {0} bytes: give at most {MAX_PATH_LENGTH}")]
    TooLong(usize),
    /// Nothing before, between or after dots.
    #[error("has an empty key: give keys of the data with a dot between, such as owner.email")]
    EmptyKey,
    /// A control character.
    #[error("holds a control character: remove it")]
    Control,
}

impl Path {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys on the way, at least one.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.split('.')
    }
}

impl FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        if text.len() > MAX_PATH_LENGTH {
            return Err(InvalidPath::TooLong(text.len()));
        }
        if text.contains(char::is_control) {
            return Err(InvalidPath::Control);
        }
        if text.split('.').any(str::is_empty) {
            return Err(InvalidPath::EmptyKey);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_keys_between_its_dots() {
        let path: Path = "owner.e-mail 2.بريد".parse().unwrap();
        assert_eq!(path.keys().collect::<Vec<_>>(), ["owner", "e-mail 2", "بريد"]);
    }

    #[test]
    fn refuses_empty_keys_control_characters_and_too_much() {
        let refused = |text: &str| text.parse::<Path>().unwrap_err();
        for text in ["", ".", ".a", "a.", "a..b"] {
            assert_eq!(refused(text), InvalidPath::EmptyKey, "{text}");
        }
        assert_eq!(refused("a\nb"), InvalidPath::Control);
        assert_eq!(refused(&"a".repeat(257)), InvalidPath::TooLong(257));
    }
}
