//! The keys that seal what is secret in the store: one that seals, and others that only open what was sealed before them.
//! A sealed text is bound to its place, so that nobody with the database alone can move one row's secrets into another.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How long a master key is, in bytes.
pub const MASTER_KEY_BYTES: usize = 32;
/// The most keys that open at the same time: the current one and those before it.
pub const MAX_MASTER_KEYS: usize = 8;
/// How many bytes of the key's hash tell which key sealed a text.
const ID_BYTES: usize = 4;
/// How many random bytes every sealing takes: so many that chance never repeats them.
const NONCE_BYTES: usize = 24;

/// The keys of an installation. Cheap to clone; `Debug` shows which keys they are, not the keys.
#[derive(Clone)]
pub struct MasterKeys {
    /// At least one.
    all: Arc<[MasterKey]>,
    /// Which of them seals.
    current: usize,
}

/// A key and what it is called in sealed texts.
struct MasterKey {
    id: [u8; ID_BYTES],
    cipher: XChaCha20Poly1305,
}

/// Why a text is no master key. Never holds the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMasterKey {
    /// Not base64 of [`MASTER_KEY_BYTES`] bytes.
    #[error("master_key is not base64 of {MASTER_KEY_BYTES} bytes: make one with `head -c 32 /dev/urandom | base64`")]
    Text,
    /// More than [`MAX_MASTER_KEYS`].
    #[error("other_master_keys holds {0} keys: keep at most {max}", max = MAX_MASTER_KEYS - 1)]
    TooMany(usize),
}

/// Why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsealed {
    /// None of the keys sealed it.
    #[error("sealed with another master key: add that key to other_master_keys")]
    UnknownKey,
    /// Changed, cut, or sealed for another place.
    #[error("not what was sealed in this place: restore it from a backup")]
    Damaged,
}

impl MasterKeys {
    /// Seals with `current`; opens with it and with `others`. Each text is base64 of [`MASTER_KEY_BYTES`] bytes.
    pub fn new(current: &SecretString, others: &[SecretString]) -> Result<Self, InvalidMasterKey> {
        if others.len() >= MAX_MASTER_KEYS {
            return Err(InvalidMasterKey::TooMany(others.len()));
        }
        let all = [current].into_iter().chain(others).map(MasterKey::read).collect::<Result<_, _>>()?;
        Ok(Self { all, current: 0 })
    }

    /// A new key as text, of bytes that `fill` must fill with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> SecretString {
        let mut bytes = Zeroizing::new([0; MASTER_KEY_BYTES]);
        fill(&mut *bytes);
        STANDARD.encode(*bytes).into()
    }

    /// `plain`, sealed for `place`: base64 of key id, nonce and ciphertext.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: then nothing can be kept secret.
    pub fn seal(&self, place: &str, plain: &[u8]) -> String {
        let key = self.current();
        let nonce = XNonce::generate();
        let mut bytes = Vec::with_capacity(ID_BYTES + NONCE_BYTES + plain.len() + 16);
        bytes.extend_from_slice(&key.id);
        bytes.extend_from_slice(&nonce);
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        match key.cipher.encrypt(&nonce, payload) {
            Ok(sealed) => bytes.extend_from_slice(&sealed),
            // The cipher refuses only what is longer than 256 GiB.
            Err(_) => unreachable!("more than the cipher can seal"),
        }
        STANDARD.encode(bytes)
    }

    /// What was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Unsealed> {
        let bytes = STANDARD.decode(sealed).map_err(|_| Unsealed::Damaged)?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or(Unsealed::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealed::Damaged)?;
        let nonce = XNonce::from(*nonce);
        let mut outcome = Err(Unsealed::UnknownKey);
        // Two keys may share an id, if hardly ever.
        for key in self.all.iter().filter(|key| key.id == *id) {
            match key.cipher.decrypt(&nonce, Payload { msg: sealed, aad: place.as_bytes() }) {
                Ok(plain) => return Ok(Zeroizing::new(plain)),
                Err(_) => outcome = Err(Unsealed::Damaged),
            }
        }
        outcome
    }

    /// Whether the current key sealed it, as far as the key's id tells.
    pub(crate) fn is_current(&self, sealed: &str) -> bool {
        key_id(sealed).is_some_and(|id| id == self.current().id)
    }

    /// Whether one of the keys sealed it, as far as the key's id tells.
    pub(crate) fn knows(&self, sealed: &str) -> bool {
        self.like(sealed).is_some()
    }

    /// The same keys, sealing with the one that sealed this; none if no key did.
    pub(crate) fn like(&self, sealed: &str) -> Option<Self> {
        let id = key_id(sealed)?;
        let current = self.all.iter().position(|key| key.id == id)?;
        Some(Self { all: Arc::clone(&self.all), current })
    }

    fn current(&self) -> &MasterKey {
        // The constructor puts one there, and `like` points at one that is.
        &self.all[self.current]
    }
}

impl MasterKey {
    fn read(text: &SecretString) -> Result<Self, InvalidMasterKey> {
        let bytes = STANDARD.decode(text.expose_secret().trim()).map_err(|_| InvalidMasterKey::Text)?;
        let bytes = Zeroizing::new(bytes);
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| InvalidMasterKey::Text)?;
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&Sha256::digest(&*bytes)[..ID_BYTES]);
        Ok(Self { id, cipher })
    }
}

/// What the key that sealed a text is called; none of a text that is too short to say.
fn key_id(sealed: &str) -> Option<[u8; ID_BYTES]> {
    // Eight characters of base64 hold the first six bytes.
    let start = STANDARD.decode(sealed.get(..8)?).ok()?;
    start.first_chunk().copied()
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.all.iter().map(|key| data_encoding::HEXLOWER.encode(&key.id));
        f.debug_tuple("MasterKeys").field(&ids.collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> SecretString {
        MasterKeys::generate(|bytes| bytes.fill(byte))
    }

    fn keys(byte: u8) -> MasterKeys {
        MasterKeys::new(&key(byte), &[]).unwrap()
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed_and_nothing_else(plain: Vec<u8>, place in "[a-z/_]{0,20}", at: usize) {
            let keys = keys(1);
            let sealed = keys.seal(&place, &plain);
            prop_assert_eq!(&**keys.open(&place, &sealed).unwrap(), &plain);
            let elsewhere = format!("{place}x");
            prop_assert!(keys.open(&elsewhere, &sealed).is_err());
            let mut bytes = STANDARD.decode(&sealed).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1;
            prop_assert!(keys.open(&place, &STANDARD.encode(bytes)).is_err());
        }

        #[test]
        fn never_opens_garbage(text: String) {
            prop_assert!(keys(1).open("place", &text).is_err());
        }
    }

    #[test]
    fn never_seals_the_same_way_twice() {
        assert_ne!(keys(1).seal("a", b"x"), keys(1).seal("a", b"x"));
    }

    #[test]
    fn opens_with_older_keys_and_seals_with_the_current_one() {
        let old = keys(1).seal("a", b"x");
        let both = MasterKeys::new(&key(2), &[key(1)]).unwrap();
        assert_eq!(&**both.open("a", &old).unwrap(), b"x");
        assert!(!both.is_current(&old));
        let fresh = both.seal("a", b"x");
        assert!(both.is_current(&fresh));
        assert_eq!(keys(1).open("a", &fresh), Err(Unsealed::UnknownKey));
    }

    #[test]
    fn seals_like_what_is_there_if_it_has_that_key() {
        let both = MasterKeys::new(&key(2), &[key(1)]).unwrap();
        let old = keys(1).seal("a", b"x");
        let like_old = both.like(&old).unwrap();
        assert!(keys(1).open("b", &like_old.seal("b", b"y")).is_ok());
        assert!(like_old.is_current(&old));
        assert!(like_old.open("a", &both.seal("a", b"x")).is_ok());
        assert!(!keys(3).knows(&old));
        assert!(!both.knows(""));
    }

    #[test]
    fn refuses_what_is_no_key_without_showing_it() {
        for text in ["", "c2hvcnQ=", "no base64 at all"] {
            let refused = MasterKeys::new(&text.into(), &[]).unwrap_err();
            assert_eq!(refused, InvalidMasterKey::Text, "{text}");
        }
        assert_eq!(MasterKeys::new(&key(1), &vec![key(2); 8]).unwrap_err(), InvalidMasterKey::TooMany(8));
    }

    #[test]
    fn shows_which_key_it_is_and_not_the_key() {
        assert_eq!(format!("{:?}", keys(1)), r#"MasterKeys(["72cd6e84"])"#);
    }
}
