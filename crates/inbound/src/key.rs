//! Secrets, made ready to verify or to sign with.

use barid_registry::source::verification::{Algorithm, KeyForm};
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use p256::{
    ecdsa,
    pkcs8::{DecodePrivateKey, DecodePublicKey},
};
use zeroize::Zeroizing;

/// Base64 as people copy it: with padding, or with some of it lost.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Standard Webhooks' prefixes of ed25519 keys.
const PREFIXES: [&str; 2] = ["whpk_", "whsk_"];

/// Why a text is no key of an algorithm. Holds nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The text is no base64 where it must be.
    #[error("secret is no base64: copy the whole key")]
    Base64,
    /// It is empty after its prefix.
    #[error("secret is empty: copy the whole key")]
    Empty,
    /// No key of this algorithm.
    #[error("secret is no {0} key: copy the key from the provider's page")]
    Key(&'static str),
}

/// What verifies.
pub(crate) enum Key {
    Shared(Zeroizing<Vec<u8>>),
    Ed25519(Box<VerifyingKey>),
    EcdsaP256(Box<ecdsa::VerifyingKey>),
}

/// What signs in a provider's place.
pub(crate) enum PrivateKey {
    Ed25519(Box<SigningKey>),
    EcdsaP256(Box<ecdsa::SigningKey>),
}

impl Key {
    /// The key that a secret's text stands for.
    pub(crate) fn read(text: &str, algorithm: Algorithm, form: &KeyForm) -> Result<Self, InvalidKey> {
        match algorithm {
            Algorithm::Hmac(_) | Algorithm::Plain(_) => shared(text, form).map(Self::Shared),
            Algorithm::Ed25519 => {
                let bytes = base64(text)?;
                let key = bytes.as_slice().try_into().ok().and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
                key.map(|key| Self::Ed25519(Box::new(key))).ok_or(InvalidKey::Key("public ed25519"))
            }
            Algorithm::EcdsaP256 => {
                let key = ecdsa::VerifyingKey::from_public_key_der(&base64(text)?);
                key.map(|key| Self::EcdsaP256(Box::new(key))).map_err(|_| InvalidKey::Key("public p-256"))
            }
        }
    }
}

impl PrivateKey {
    /// The private key of this text: for ed25519 its 32 bytes, alone or before the public half; for P-256 PKCS #8.
    pub(crate) fn read(text: &str, algorithm: Algorithm) -> Result<Self, InvalidKey> {
        let bytes = base64(text)?;
        if algorithm == Algorithm::EcdsaP256 {
            let key = ecdsa::SigningKey::from_pkcs8_der(&bytes);
            return key.map(|key| Self::EcdsaP256(Box::new(key))).map_err(|_| InvalidKey::Key("private p-256"));
        }
        let seed = bytes.first_chunk().filter(|_| matches!(bytes.len(), 32 | 64));
        let key = seed.map(|seed| Self::Ed25519(Box::new(SigningKey::from_bytes(seed))));
        key.ok_or(InvalidKey::Key("private ed25519"))
    }
}

fn shared(text: &str, form: &KeyForm) -> Result<Zeroizing<Vec<u8>>, InvalidKey> {
    let bytes = match form {
        KeyForm::Text => Zeroizing::new(text.as_bytes().to_vec()),
        KeyForm::Html => Zeroizing::new(unescaped(text).into_bytes()),
        KeyForm::Base64(prefix) => decoded(text.strip_prefix(&**prefix).unwrap_or(text))?,
    };
    if bytes.is_empty() { Err(InvalidKey::Empty) } else { Ok(bytes) }
}

/// The bytes of a key: PEM, or base64 with or without a prefix.
fn base64(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidKey> {
    let text = text.trim();
    let text = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    decoded(&Zeroizing::new(lines.flat_map(|line| line.trim().chars()).collect::<String>()))
}

fn decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, InvalidKey> {
    LENIENT.decode(text).map(Zeroizing::new).map_err(|_| InvalidKey::Base64)
}

/// The entities of HTML that are decoded, the ampersand last, so that nothing is decoded twice.
fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.into_iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_entities_once() {
        assert_eq!(unescaped("a&amp;lt;b &quot;c&quot; &#039;d&#039;"), "a&lt;b \"c\" 'd'");
    }

    #[test]
    fn refuses_what_is_no_key() {
        let read = |text: &str, algorithm| Key::read(text, algorithm, &KeyForm::Text).err();
        assert_eq!(read("AAAA", Algorithm::Ed25519), Some(InvalidKey::Key("public ed25519")));
        assert_eq!(read("not base64", Algorithm::EcdsaP256), Some(InvalidKey::Base64));
        assert_eq!(shared("whsec_", &KeyForm::Base64("whsec_".into())), Err(InvalidKey::Empty));
    }
}
