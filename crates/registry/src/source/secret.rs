//! A secret that a provider and a source share, or the public key of a provider, as its page shows it: any text, since every
//! provider has a form of its own.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

/// The most secrets of a source: the one in use, and others while they rotate.
pub const MAX_SOURCE_SECRETS: usize = 4;

/// The shortest secret, in bytes.
const MIN_BYTES: usize = 8;

/// The longest secret, in bytes.
const MAX_BYTES: usize = 1024;

/// How many characters of a secret are shown when it is masked.
const SHOWN: usize = 4;

/// A secret of 8 to 1,024 bytes, never shown by `Debug` and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

/// Why a text is no secret of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSourceSecret {
    /// Too short to be safe, or too long.
    #[error("secret has {0} bytes: give {MIN_BYTES} to {MAX_BYTES}")]
    Length(usize),
    /// Holds a control character that no key has.
    #[error("secret holds a control character: remove it")]
    Control,
}

/// One secret, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSecret {
    /// The secret.
    pub secret: SecretText,
    /// Requests later than this are not accepted with it; `None`: it has no end.
    pub until: Option<DateTime<Utc>>,
}

impl SecretText {
    /// The secret as text, to verify with or to seal.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown to tell secrets apart: `…` and the last four characters, of a secret long enough to have them.
    pub fn masked(&self) -> String {
        let long = self.0.chars().count() >= 4 * SHOWN;
        let hidden =
            if long { self.0.char_indices().rev().nth(SHOWN - 1).map_or(0, |(at, _)| at) } else { self.0.len() };
        format!("…{}", &self.0[hidden..])
    }
}

impl SourceSecret {
    /// Whether it counts at this time.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now <= until)
    }
}

impl FromStr for SecretText {
    type Err = InvalidSourceSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSourceSecret> {
        if !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            return Err(InvalidSourceSecret::Length(text.len()));
        }
        // A key in PEM has several lines.
        if text.contains(|c: char| c.is_control() && c != '\n' && c != '\r') {
            return Err(InvalidSourceSecret::Control);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_end_of_long_secrets_only() {
        let masked = |text: &str| text.parse::<SecretText>().unwrap().masked();
        assert_eq!(masked("shop_secret"), "…");
        assert_eq!(masked("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "…LaSw");
        assert_eq!(format!("{:?}", "shop_secret".parse::<SecretText>()), "Ok(SecretText(..))");
    }

    #[test]
    fn refuses_short_and_long_ones() {
        assert_eq!("short".parse::<SecretText>(), Err(InvalidSourceSecret::Length(5)));
        assert_eq!("x".repeat(1025).parse::<SecretText>(), Err(InvalidSourceSecret::Length(1025)));
        assert_eq!("long\0enough".parse::<SecretText>(), Err(InvalidSourceSecret::Control));
    }
}
