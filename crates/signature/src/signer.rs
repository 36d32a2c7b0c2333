//! Signs attempts: the work that depends only on the key is done once, the rest per attempt and without copying bodies.

use std::{fmt, sync::Arc};

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

/// Signs with one or several keys, of which all but the newest may have an end; cheap per attempt and to clone.
///
/// Two are equal that sign everything alike: same keys, same order, same ends.
#[derive(Clone)]
pub struct Signer(Arc<[Prepared]>);

#[derive(Clone)]
struct Prepared {
    key: PreparedKey,
    /// The last second since 1970 that it signs; for ever is the last there is, so that asking costs one comparison.
    until: i64,
}

#[derive(Clone)]
enum PreparedKey {
    Hmac(KeyedHmac),
    // Boxed, since it is many times as large and rare.
    Ed25519(Box<SigningKey>),
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

impl From<Key> for Signer {
    fn from(key: Key) -> Self {
        Self([Prepared::new(key, None)].into())
    }
}

impl Signer {
    /// A signer with these keys, 1 to [`MAX_KEYS`], the newest first, which appear in the header in this order.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Result<Self, InvalidSigner> {
        Self::with_ends(keys.into_iter().map(|key| (key, None)))
    }

    /// A signer with these keys, 1 to [`MAX_KEYS`], the newest first; each signs until its end, in whole seconds since
    /// 1970, if it has one. When all have ended, the newest goes on: a webhook is never without a signature.
    pub fn with_ends(keys: impl IntoIterator<Item = (Key, Option<i64>)>) -> Result<Self, InvalidSigner> {
        let prepared: Arc<[_]> =
            keys.into_iter().take(MAX_KEYS + 1).map(|(key, until)| Prepared::new(key, until)).collect();
        match prepared.len() {
            0 => Err(InvalidSigner::NoKey),
            1..=MAX_KEYS => Ok(Self(prepared)),
            _ => Err(InvalidSigner::TooManyKeys),
        }
    }

    /// The value of `webhook-signature` for one attempt at `timestamp`, in whole seconds since 1970.
    pub fn header(&self, message_id: &str, timestamp: i64, body: &[u8]) -> String {
        let text = timestamp.to_string();
        let mut header = String::with_capacity(self.0.len() * LONGEST_ITEM);
        for prepared in self.0.iter().filter(|prepared| timestamp <= prepared.until) {
            prepared.sign(message_id, &text, body, &mut header);
        }
        if header.is_empty()
            && let Some(newest) = self.0.first()
        {
            newest.sign(message_id, &text, body, &mut header);
        }
        header
    }
}

impl Prepared {
    fn new(key: Key, until: Option<i64>) -> Self {
        let key = match key {
            Key::Secret(secret) => PreparedKey::Hmac(keyed(&secret)),
            Key::Ed25519(key) => PreparedKey::Ed25519(Box::new(key)),
        };
        Self { key, until: until.unwrap_or(i64::MAX) }
    }

    /// Appends one signature to the header.
    fn sign(&self, message_id: &str, timestamp: &str, body: &[u8], header: &mut String) {
        if !header.is_empty() {
            header.push(' ');
        }
        match &self.key {
            PreparedKey::Hmac(keyed) => {
                header.push_str("v1,");
                BASE64.encode_string(mac(keyed, message_id, timestamp, body), header);
            }
            PreparedKey::Ed25519(key) => {
                header.push_str("v1a,");
                let signature = key.0.multipart_sign(&signed_parts(message_id, timestamp, body));
                BASE64.encode_string(signature.to_bytes(), header);
            }
        }
    }
}

impl PartialEq for Signer {
    fn eq(&self, other: &Self) -> bool {
        let ends = |signer: &Self| signer.0.iter().map(|prepared| prepared.until).collect::<Vec<_>>();
        // Keys are told apart by what they sign, at a time at which none has ended: they are kept prepared, not as bytes.
        ends(self) == ends(other) && self.header("", i64::MIN, b"") == other.header("", i64::MIN, b"")
    }
}

impl Eq for Signer {}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Secret::generate(|bytes| bytes.fill(byte)).into()
    }

    fn alone(byte: u8, timestamp: i64) -> String {
        Signer::new([key(byte)]).unwrap().header("msg_1", timestamp, b"{}")
    }

    #[test]
    fn a_key_signs_until_its_end_and_not_after_it() {
        let signer = Signer::with_ends([(key(1), None), (key(2), Some(100))]).unwrap();
        assert_eq!(signer.header("msg_1", 100, b"{}"), format!("{} {}", alone(1, 100), alone(2, 100)));
        assert_eq!(signer.header("msg_1", 101, b"{}"), alone(1, 101));
    }

    #[test]
    fn the_newest_key_goes_on_when_all_have_ended() {
        let signer = Signer::with_ends([(key(1), Some(50)), (key(2), Some(100))]).unwrap();
        assert_eq!(signer.header("msg_1", 75, b"{}"), alone(2, 75));
        assert_eq!(signer.header("msg_1", 101, b"{}"), alone(1, 101));
    }

    #[test]
    fn signers_are_equal_that_sign_alike() {
        let signer =
            |keys: &[(u8, Option<i64>)]| Signer::with_ends(keys.iter().map(|&(byte, end)| (key(byte), end))).unwrap();
        assert_eq!(signer(&[(1, None), (2, Some(5))]), signer(&[(1, None), (2, Some(5))]));
        assert_ne!(signer(&[(1, None), (2, Some(5))]), signer(&[(1, None), (2, Some(6))]));
        assert_ne!(signer(&[(1, None)]), signer(&[(2, None)]));
        assert_ne!(signer(&[(1, None), (2, None)]), signer(&[(2, None), (1, None)]));
    }
}
