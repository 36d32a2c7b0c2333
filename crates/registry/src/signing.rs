//! How a subscription's deliveries are signed: in one scheme or several at once, each with the secrets that its receiver
//! knows.

mod fresh;
mod rotation;

#[cfg(test)]
mod tests;

use barid_signature::{InvalidSigner, Key, Scheme, Secret, Signer};
use chrono::{DateTime, Utc};

pub use self::{
    fresh::Fresh,
    rotation::{DEFAULT_OVERLAP, MAX_OVERLAP, Unrotatable, Which},
};

/// One secret, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret.
    pub key: Key,
    /// Attempts later than this are not signed with it; `None`: it has no end.
    pub until: Option<DateTime<Utc>>,
}

impl<K: Into<Key>> From<K> for SigningSecret {
    fn from(key: K) -> Self {
        Self { key: key.into(), until: None }
    }
}

/// A scheme and its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningScheme {
    /// Which bytes are signed, and how the signatures travel.
    pub scheme: Scheme,
    /// The secrets, the newest first.
    pub keys: Vec<SigningSecret>,
}

/// How deliveries are signed: 1 to [`MAX_SCHEMES`](barid_signature::MAX_SCHEMES) schemes, each with 1 to
/// [`MAX_KEYS`](barid_signature::MAX_KEYS) secrets. Its `Debug` shows none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    schemes: Box<[SigningScheme]>,
    signer: Signer,
}

impl Signing {
    /// Signing in these schemes, all at once.
    pub fn new(schemes: impl IntoIterator<Item = SigningScheme>) -> Result<Self, InvalidSigner> {
        let schemes: Box<[_]> = schemes.into_iter().collect();
        let ends = |key: &SigningSecret| (key.key.clone(), key.until.map(|until| until.timestamp()));
        let keys = schemes.iter().map(|of| (of.scheme.clone(), of.keys.iter().map(ends).collect()));
        let signer = Signer::new(keys)?;
        Ok(Self { schemes, signer })
    }

    /// The schemes, in the order given.
    pub fn schemes(&self) -> &[SigningScheme] {
        &self.schemes
    }

    /// What signs.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

impl From<Secret> for Signing {
    fn from(secret: Secret) -> Self {
        let signer = Signer::from(secret.clone());
        let only = SigningScheme { scheme: Scheme::Standard, keys: vec![secret.into()] };
        Self { schemes: [only].into(), signer }
    }
}
