//! One key to sign with, of whichever kind its scheme takes.

use zeroize::Zeroizing;

use crate::{Secret, SigningKey, TextSecret, VerifyingKey};

/// One key to sign with. `Debug` shows none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A shared secret of Standard Webhooks, for `v1` signatures.
    Secret(Secret),
    /// A private key, for `v1a` signatures.
    Ed25519(SigningKey),
    /// A shared text, for the older schemes.
    Text(TextSecret),
}

impl Key {
    /// The key as text, to show its owner once or to seal.
    pub fn expose(&self) -> Zeroizing<String> {
        match self {
            Self::Secret(secret) => secret.expose(),
            Self::Ed25519(key) => key.expose(),
            Self::Text(text) => text.expose(),
        }
    }

    /// What may be shown to tell keys apart.
    pub fn masked(&self) -> String {
        match self {
            Self::Secret(secret) => secret.masked(),
            Self::Ed25519(key) => key.masked(),
            Self::Text(text) => text.masked(),
        }
    }

    /// The public half, of a key that has one.
    pub fn public(&self) -> Option<VerifyingKey> {
        match self {
            Self::Ed25519(key) => Some(key.verifying_key()),
            Self::Secret(_) | Self::Text(_) => None,
        }
    }
}

impl From<Secret> for Key {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<SigningKey> for Key {
    fn from(key: SigningKey) -> Self {
        Self::Ed25519(key)
    }
}

impl From<TextSecret> for Key {
    fn from(text: TextSecret) -> Self {
        Self::Text(text)
    }
}
