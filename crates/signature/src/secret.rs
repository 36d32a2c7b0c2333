//! The secret that sender and receiver share.

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::encoding::{self, InvalidKey, SECRET_PREFIX};

/// The shortest secret, in bytes.
const MIN_BYTES: usize = 24;

/// The longest secret, in bytes.
const MAX_BYTES: usize = 64;

/// How many bytes a new secret has: as many as SHA-256 gives.
const NEW_BYTES: usize = 32;

/// A shared secret: 24 to 64 bytes, as text `whsec_` and base64.
///
/// It parses with or without the prefix, is never shown by `Debug`, compares in constant time, and is wiped from memory
/// when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A new secret of 32 bytes from `fill`, which must fill them with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new(vec![0; NEW_BYTES]);
        fill(&mut bytes);
        Self(bytes)
    }

    /// The secret as text, to show its owner once or to seal.
    pub fn expose(&self) -> Zeroizing<String> {
        encoding::encode(SECRET_PREFIX, &self.0)
    }

    /// What may be shown to tell secrets apart: `whsec_…` and the last four characters of the text.
    pub fn masked(&self) -> String {
        encoding::masked(SECRET_PREFIX, &self.expose())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = encoding::decode(text, SECRET_PREFIX)?;
        if (MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(InvalidKey::Length { prefix: SECRET_PREFIX, length: bytes.len(), expected: "24 to 64" })
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn parse(text: &str) -> Result<Secret, InvalidKey> {
        text.parse()
    }

    #[test]
    fn reads_back_what_it_shows() {
        let secret = Secret::generate(|bytes| bytes.fill(7));
        assert_eq!(parse(&secret.expose()), Ok(secret));
        assert_eq!(parse(TEXT).map(|secret| secret.expose().to_string()), Ok(TEXT.to_owned()));
    }

    #[test]
    fn forgives_a_missing_prefix_and_missing_padding() {
        assert_eq!(parse(&TEXT[6..]), parse(TEXT));
        let padded = Secret::generate(|bytes| bytes.fill(7));
        assert_eq!(parse(padded.expose().trim_end_matches('=')), Ok(padded));
    }

    #[test]
    fn shows_only_its_end_when_masked() {
        assert_eq!(parse(TEXT).unwrap().masked(), "whsec_…LaSw");
        assert_eq!(Secret::generate(|bytes| bytes.fill(7)).masked(), "whsec_…HBwc");
    }

    #[test]
    fn is_never_shown() {
        assert_eq!(format!("{:?}", parse(TEXT)), "Ok(Secret(..))");
    }

    #[test]
    fn refuses_secrets_that_are_empty_short_or_long() {
        for (text, length) in [("", 0), ("whsec_", 0), ("whsec_AAAA", 3), (&"A".repeat(88), 66)] {
            let refused = InvalidKey::Length { prefix: "whsec_", length, expected: "24 to 64" };
            assert_eq!(parse(text), Err(refused), "{text}");
        }
        assert_eq!(parse("whsec_not base64"), Err(InvalidKey::Base64 { prefix: "whsec_" }));
    }

    #[test]
    fn refuses_another_kind_of_key() {
        assert_eq!(parse("whpk_AAAA"), Err(InvalidKey::Kind { found: "whpk_", expected: "whsec_" }));
    }
}
