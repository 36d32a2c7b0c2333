//! The name people give a subscription: unique within its tenant, safe to type on a command line and to print in a log.

use std::{fmt, str::FromStr, sync::Arc};

/// The longest name, in bytes.
pub const MAX_NAME_LENGTH: usize = 100;

/// A subscription's name: `[A-Za-z0-9._-]`, 1 to [`MAX_NAME_LENGTH`] of them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

/// Why a text is no [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Empty, or longer than [`MAX_NAME_LENGTH`].
    #[error("name has {0} bytes: give 1 to {MAX_NAME_LENGTH}")]
    Length(usize),
    /// Holds a character outside `[A-Za-z0-9._-]`.
    #[error("name holds {0:?}: use only letters, digits, '.', '_' and '-'")]
    Character(char),
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.len() > MAX_NAME_LENGTH {
            return Err(InvalidName::Length(text.len()));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match text.chars().find(|&c| !allowed(c)) {
            Some(c) => Err(InvalidName::Character(c)),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_people_name_things() {
        for text in ["big-deals-to-sales", "CRM_2.prod", "7"] {
            assert_eq!(text.parse::<Name>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_spaces_and_control_characters() {
        assert_eq!("a b".parse::<Name>(), Err(InvalidName::Character(' ')));
        assert_eq!("a\0".parse::<Name>(), Err(InvalidName::Character('\0')));
    }

    #[test]
    fn refuses_names_too_short_or_too_long() {
        assert_eq!("".parse::<Name>(), Err(InvalidName::Length(0)));
        assert_eq!("x".repeat(101).parse::<Name>(), Err(InvalidName::Length(101)));
    }
}
