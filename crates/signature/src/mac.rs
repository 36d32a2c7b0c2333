//! HMAC over the hash functions that webhooks are signed with, keyed once and used per attempt.

use std::str::FromStr;

use base64::Engine as _;
use data_encoding::HEXLOWER;
use hmac::digest::{Digest, common::KeySizeUser};
use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use thiserror::Error;
use zeroize::Zeroize as _;

use crate::encoding::BASE64;

/// The hash function of an HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-1: as part of an HMAC still good enough, and all that some receivers know.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// What documents call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// How the bytes of a signature are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Hexadecimal, in lower case.
    #[default]
    Hex,
    /// Base64 with padding, in the standard alphabet.
    Base64,
}

impl Encoding {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Hex, Self::Base64];

    /// What documents call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }

    /// Appends these bytes as text.
    pub(crate) fn append(self, bytes: &[u8], text: &mut String) {
        match self {
            Self::Hex => HEXLOWER.encode_append(bytes, text),
            Self::Base64 => BASE64.encode_string(bytes, text),
        }
    }
}

/// No algorithm or encoding has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("is none of those known: use {0}")]
pub struct UnknownName(&'static str);

impl FromStr for Algorithm {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.name() == text).ok_or(UnknownName("sha1, sha256 or sha512"))
    }
}

impl FromStr for Encoding {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.name() == text).ok_or(UnknownName("hex or base64"))
    }
}

/// HMAC that has taken in its key.
#[derive(Clone)]
pub(crate) enum KeyedMac {
    Sha256(Hmac<Sha256>),
    // Boxed, since they are rare and one of them is large.
    Sha1(Box<Hmac<Sha1>>),
    Sha512(Box<Hmac<Sha512>>),
}

impl KeyedMac {
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Box::new(keyed::<_, Sha1>(key))),
            Algorithm::Sha256 => Self::Sha256(sha256(key)),
            Algorithm::Sha512 => Self::Sha512(Box::new(keyed::<_, Sha512>(key))),
        }
    }

    /// Appends the digest of these parts, one behind the other.
    pub(crate) fn append(&self, parts: &[&[u8]], encoding: Encoding, text: &mut String) {
        match self {
            Self::Sha256(keyed) => encoding.append(&digest(keyed, parts), text),
            Self::Sha1(keyed) => encoding.append(&digest(&**keyed, parts), text),
            Self::Sha512(keyed) => encoding.append(&digest(&**keyed, parts), text),
        }
    }
}

/// HMAC-SHA256 that has taken in this key.
pub(crate) fn sha256(key: &[u8]) -> Hmac<Sha256> {
    keyed::<_, Sha256>(key)
}

/// The digest of these parts, one behind the other: so that a body is never copied.
pub(crate) fn digest<M: hmac::Mac + Clone>(keyed: &M, parts: &[&[u8]]) -> hmac::digest::Output<M> {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}

/// HMAC takes one block as its key: shorter ones are padded with zeros, longer ones hashed first.
fn keyed<M: KeyInit + KeySizeUser, D: Digest>(key: &[u8]) -> M {
    let mut block = hmac::digest::Key::<M>::default();
    if let Some(start) = block.get_mut(..key.len()) {
        start.copy_from_slice(key);
    } else {
        let mut hashed = D::digest(key);
        block[..hashed.len()].copy_from_slice(&hashed);
        hashed.as_mut_slice().zeroize();
    }
    let mac = M::new(&block);
    block.as_mut_slice().zeroize();
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(algorithm: Algorithm, key: &[u8], data: &[u8]) -> String {
        let mut text = String::new();
        let (start, end) = data.split_at(data.len() / 2);
        KeyedMac::new(algorithm, key).append(&[start, end], Encoding::Hex, &mut text);
        text
    }

    /// RFC 2202, case 2, and RFC 4231, case 2.
    #[test]
    fn computes_the_published_digests() {
        let data = b"what do ya want for nothing?";
        for (algorithm, expected) in [
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            assert_eq!(hex(algorithm, b"Jefe", data), expected);
        }
    }

    /// RFC 2202 and RFC 4231, case 6: keys longer than a block.
    #[test]
    fn hashes_a_key_that_is_longer_than_a_block() {
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hex(Algorithm::Sha1, &[0xaa; 80], data), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hex(Algorithm::Sha256, &[0xaa; 131], data), expected);
        assert!(hex(Algorithm::Sha512, &[0xaa; 131], data).starts_with("80b24263c7c1a3ebb71493c1dd7be8b4"));
    }

    #[test]
    fn knows_its_names_and_no_others() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
        }
        for encoding in Encoding::ALL {
            assert_eq!(encoding.name().parse(), Ok(encoding));
        }
        let refused = "md5".parse::<Algorithm>().unwrap_err();
        assert_eq!(refused.to_string(), "is none of those known: use sha1, sha256 or sha512");
        assert!("HEX".parse::<Encoding>().is_err());
    }
}
