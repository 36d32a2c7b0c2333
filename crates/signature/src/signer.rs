//! Signs attempts: the work that depends only on the key is done once, the rest per attempt and without copying bodies.

use std::fmt;

use base64::Engine as _;
use ed25519_dalek::ed25519::signature::MultipartSigner as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::encoding::BASE64;
use crate::{Secret, SigningKey};

/// The most keys one signer uses: each adds a signature to every request.
pub const MAX_KEYS: usize = 8;

/// The longest item of the header with its space: `v1a,` and 64 bytes in base64.
const LONGEST_ITEM: usize = 93;

/// The block of SHA-256 in bytes, to which HMAC pads a shorter key with zeros.
const BLOCK: usize = 64;

/// HMAC-SHA256 that has taken in its key.
pub(crate) type KeyedHmac = Hmac<Sha256>;

/// One key to sign with.
#[derive(Clone)]
pub enum Key {
    /// A shared secret, for `v1` signatures.
    Secret(Secret),
    /// A private key, for `v1a` signatures.
    Ed25519(SigningKey),
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

/// Signs with one or several keys; cheap per attempt.
#[derive(Clone)]
pub struct Signer(Vec<Prepared>);

#[derive(Clone)]
enum Prepared {
    Hmac(KeyedHmac),
    Ed25519(SigningKey),
}

/// Why keys make no signer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSigner {
    /// There is no key.
    #[error("signing has no key: give at least one")]
    NoKey,
    /// There are too many.
    #[error("signing has more than {MAX_KEYS} keys: remove the ones that receivers no longer know")]
    TooManyKeys,
}

impl Signer {
    /// A signer with these keys, 1 to [`MAX_KEYS`], which appear in the header in this order.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Result<Self, InvalidSigner> {
        let prepare = |key| match key {
            Key::Secret(secret) => Prepared::Hmac(keyed(&secret)),
            Key::Ed25519(key) => Prepared::Ed25519(key),
        };
        let prepared: Vec<_> = keys.into_iter().take(MAX_KEYS + 1).map(prepare).collect();
        match prepared.len() {
            0 => Err(InvalidSigner::NoKey),
            1..=MAX_KEYS => Ok(Self(prepared)),
            _ => Err(InvalidSigner::TooManyKeys),
        }
    }

    /// The value of `webhook-signature` for one attempt at `timestamp`, in whole seconds since 1970.
    pub fn header(&self, message_id: &str, timestamp: i64, body: &[u8]) -> String {
        let timestamp = timestamp.to_string();
        let mut header = String::with_capacity(self.0.len() * LONGEST_ITEM);
        for key in &self.0 {
            if !header.is_empty() {
                header.push(' ');
            }
            match key {
                Prepared::Hmac(keyed) => {
                    header.push_str("v1,");
                    BASE64.encode_string(mac(keyed, message_id, &timestamp, body), &mut header);
                }
                Prepared::Ed25519(key) => {
                    header.push_str("v1a,");
                    let signature = key.0.multipart_sign(&signed_parts(message_id, &timestamp, body));
                    BASE64.encode_string(signature.to_bytes(), &mut header);
                }
            }
        }
        header
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} keys)", self.0.len())
    }
}

/// HMAC that has taken in the secret.
pub(crate) fn keyed(secret: &Secret) -> KeyedHmac {
    let mut block = Zeroizing::new([0; BLOCK]);
    block[..secret.bytes().len()].copy_from_slice(secret.bytes());
    KeyedHmac::new((&*block).into())
}

/// The `v1` digest.
pub(crate) fn mac(keyed: &KeyedHmac, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    let mut hmac = keyed.clone();
    for part in signed_parts(id, timestamp, body) {
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

/// What is signed, in pieces so that the body is never copied.
pub(crate) fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}
