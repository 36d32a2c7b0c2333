//! Secrets among the settings: read like any text, shown as a mask.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// What stands where a secret was.
pub(super) const MASK: &str = "***";

/// A text that is printed, and serialized, as a mask. An empty one is no secret: none was given.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Hidden(SecretString);

impl Hidden {
    /// The secret, if one was given.
    pub(crate) fn secret(&self) -> Option<&SecretString> {
        (!self.0.expose_secret().is_empty()).then_some(&self.0)
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text.trim().into())
    }
}

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secret().is_some() { MASK } else { "" })
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_that_there_is_a_secret_and_not_which() {
        let hidden: Hidden = "s3cret\n".parse().unwrap();
        assert_eq!(hidden.secret().unwrap().expose_secret(), "s3cret");
        assert_eq!((hidden.to_string(), format!("{hidden:?}")), ("***".to_owned(), "\"***\"".to_owned()));
        assert!(Hidden::default().secret().is_none());
        assert_eq!(Hidden::default().to_string(), "");
    }
}
