//! The key pair for receivers that must not be able to sign: they get only the public half.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{KEYPAIR_LENGTH, PUBLIC_KEY_LENGTH, SECRET_KEY_LENGTH};
use zeroize::Zeroizing;

use crate::encoding::{self, InvalidKey, PRIVATE_PREFIX, PUBLIC_PREFIX};

/// An ed25519 private key: as text `whsk_` and the base64 of 32 bytes, or of 64 with the public half behind.
///
/// It parses with or without the prefix, is never shown by `Debug`, and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(pub(crate) ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from `fill`, which must fill 32 bytes with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut seed = Zeroizing::new([0; SECRET_KEY_LENGTH]);
        fill(&mut *seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The key as text (both halves), to seal.
    pub fn expose(&self) -> Zeroizing<String> {
        encoding::encode(PRIVATE_PREFIX, &*Zeroizing::new(self.0.to_keypair_bytes()))
    }

    /// What may be shown to tell keys apart: `whsk_…` and the last four characters of the text, which are of the public
    /// half.
    pub fn masked(&self) -> String {
        encoding::masked(PRIVATE_PREFIX, &self.expose())
    }

    /// The public half, for whoever verifies.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }
}

impl FromStr for SigningKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = encoding::decode(text, PRIVATE_PREFIX)?;
        if let Ok(pair) = <&[u8; KEYPAIR_LENGTH]>::try_from(bytes.as_slice()) {
            let key = ed25519_dalek::SigningKey::from_keypair_bytes(pair).map_err(|_| InvalidKey::Mismatch)?;
            return Ok(Self(key));
        }
        match <&[u8; SECRET_KEY_LENGTH]>::try_from(bytes.as_slice()) {
            Ok(seed) => Ok(Self(ed25519_dalek::SigningKey::from_bytes(seed))),
            Err(_) => Err(InvalidKey::Length { prefix: PRIVATE_PREFIX, length: bytes.len(), expected: "32 or 64" }),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// An ed25519 public key: as text `whpk_` and the base64 of 32 bytes. It parses with or without the prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(pub(crate) ed25519_dalek::VerifyingKey);

impl FromStr for VerifyingKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = encoding::decode(text, PUBLIC_PREFIX)?;
        let Ok(point) = <&[u8; PUBLIC_KEY_LENGTH]>::try_from(bytes.as_slice()) else {
            return Err(InvalidKey::Length { prefix: PUBLIC_PREFIX, length: bytes.len(), expected: "32" });
        };
        let key = ed25519_dalek::VerifyingKey::from_bytes(point).map_err(|_| InvalidKey::Point)?;
        // Under a weak key one signature fits many messages.
        if key.is_weak() { Err(InvalidKey::Point) } else { Ok(Self(key)) }
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::encode(PUBLIC_PREFIX, self.0.as_bytes()))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_shows() {
        let key = SigningKey::generate(|seed| seed.fill(7));
        assert_eq!(key.expose().parse(), Ok(key.clone()));
        let public = key.verifying_key();
        assert_eq!(public.to_string().parse(), Ok(public));
    }

    #[test]
    fn takes_a_private_key_without_its_public_half() {
        let key = SigningKey::generate(|seed| seed.fill(7));
        let seed = encoding::encode(PRIVATE_PREFIX, &[7; 32]);
        assert_eq!(seed.parse(), Ok(key));
    }

    #[test]
    fn refuses_halves_that_do_not_belong_together() {
        let mut pair = SigningKey::generate(|seed| seed.fill(7)).0.to_keypair_bytes();
        pair[..32].fill(8);
        let text = encoding::encode(PRIVATE_PREFIX, &pair);
        assert_eq!(text.parse::<SigningKey>(), Err(InvalidKey::Mismatch));
    }

    #[test]
    fn refuses_a_weak_public_key() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let text = encoding::encode(PUBLIC_PREFIX, &identity);
        assert_eq!(text.parse::<VerifyingKey>(), Err(InvalidKey::Point));
    }

    #[test]
    fn refuses_other_lengths_and_kinds() {
        let short = InvalidKey::Length { prefix: "whpk_", length: 3, expected: "32" };
        assert_eq!("whpk_AAAA".parse::<VerifyingKey>(), Err(short));
        let kind = InvalidKey::Kind { found: "whsk_", expected: "whpk_" };
        assert_eq!("whsk_AAAA".parse::<VerifyingKey>(), Err(kind));
        let short = InvalidKey::Length { prefix: "whsk_", length: 3, expected: "32 or 64" };
        assert_eq!("whsk_AAAA".parse::<SigningKey>(), Err(short));
    }

    #[test]
    fn a_private_key_is_never_shown() {
        let key = SigningKey::generate(|_| ());
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
        assert_eq!(key.masked().chars().count(), "whsk_…".chars().count() + 4);
    }
}
