//! Keys as text: a prefix that says what it is, then base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::text::{MAX_TEXT, MIN_TEXT};

/// Before a shared secret.
pub(crate) const SECRET_PREFIX: &str = "whsec_";

/// Before an ed25519 private key.
pub(crate) const PRIVATE_PREFIX: &str = "whsk_";

/// Before an ed25519 public key.
pub(crate) const PUBLIC_PREFIX: &str = "whpk_";

/// How many characters of a key's text [`masked`] shows: 24 bits of at least 192.
const SHOWN: usize = 4;

/// Standard base64 that forgives missing padding, since some libraries of the scheme write none.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no key. It never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidKey {
    /// It has the prefix of another kind of key.
    #[error("key begins with `{found}`: a key that begins with `{expected}` is needed here")]
    Kind {
        /// The prefix it has.
        found: &'static str,
        /// The prefix it should have.
        expected: &'static str,
    },
    /// What follows the prefix is not base64.
    #[error("key is not base64 after `{prefix}`: copy it whole, in the standard alphabet")]
    Base64 {
        /// The prefix.
        prefix: &'static str,
    },
    /// It decodes to too few or too many bytes.
    #[error("key has {length} bytes: `{prefix}` takes {expected}")]
    Length {
        /// The prefix.
        prefix: &'static str,
        /// How many bytes it has.
        length: usize,
        /// How many it may have, in words.
        expected: &'static str,
    },
    /// A shared text is too short or too long.
    #[error("secret has {length} bytes: give {MIN_TEXT} to {MAX_TEXT}")]
    TextLength {
        /// How many bytes it has.
        length: usize,
    },
    /// A shared text holds a line break or the like, which nobody means.
    #[error("secret holds a control character: copy it without the end of its line")]
    Control,
    /// The two halves of a private key do not belong together.
    #[error("key holds a public half that is not its own: make a new key")]
    Mismatch,
    /// It is no point of the curve, or one that proves nothing.
    #[error("key is no usable ed25519 public key: ask its owner for another")]
    Point,
}

/// The bytes of a key. The prefix may be missing, as the official libraries allow, but not be another's.
pub(crate) fn decode(text: &str, prefix: &'static str) -> Result<Zeroizing<Vec<u8>>, InvalidKey> {
    let encoded = text.strip_prefix(prefix).unwrap_or(text);
    for found in [SECRET_PREFIX, PRIVATE_PREFIX, PUBLIC_PREFIX] {
        if encoded.starts_with(found) {
            return Err(InvalidKey::Kind { found, expected: prefix });
        }
    }
    let bytes = BASE64.decode(encoded).map_err(|_| InvalidKey::Base64 { prefix })?;
    Ok(Zeroizing::new(bytes))
}

/// A key as text, prefix first.
pub(crate) fn encode(prefix: &str, bytes: &[u8]) -> Zeroizing<String> {
    // Large enough from the start: a string that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + bytes.len().div_ceil(3) * 4));
    text.push_str(prefix);
    BASE64.encode_string(bytes, &mut text);
    text
}

/// The prefix, an ellipsis and the last characters of a key's text.
pub(crate) fn masked(prefix: &str, text: &str) -> String {
    let text = text.trim_end_matches('=');
    format!("{prefix}…{}", &text[text.len().saturating_sub(SHOWN)..])
}
