//! Which bytes are signed and how the signatures travel: Standard Webhooks, and the older shapes that receivers may know
//! already.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{Algorithm, Encoding, InvalidKey, Key, SIGNATURE_HEADER, Secret, SigningKey, TextSecret};

/// The header in which GitHub sends its signature.
pub const GITHUB_HEADER: &str = "x-hub-signature-256";

/// The header in which Stripe sends its signatures.
pub const STRIPE_HEADER: &str = "stripe-signature";

/// The longest name of a header with signatures, in bytes.
pub const MAX_HEADER_NAME: usize = 64;

/// The longest prefix of a signature, in bytes.
pub const MAX_PREFIX: usize = 32;

/// A way of signing. Two of the same name and header are the same scheme, whatever else they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Standard Webhooks with shared secrets: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.
    Standard,
    /// Standard Webhooks with a key pair: `v1a,` and the ed25519 signature of the same in base64.
    StandardEd25519,
    /// As GitHub: `sha256=` and the HMAC-SHA256 of the body in hexadecimal. One signature.
    Github,
    /// As Stripe: `t=<timestamp>,v1=<HMAC-SHA256 of timestamp.body in hexadecimal>`, with a `v1` per secret.
    Stripe {
        /// The header it travels in.
        header: HeaderName,
    },
    /// The bare HMAC of the body. One signature.
    Hmac(BareHmac),
}

/// How a bare HMAC travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareHmac {
    /// The header it travels in.
    pub header: HeaderName,
    /// Its hash function.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
    /// What stands before it.
    pub prefix: Prefix,
}

impl Scheme {
    /// What documents call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::StandardEd25519 => "standard-ed25519",
            Self::Github => "github",
            Self::Stripe { .. } => "stripe",
            Self::Hmac(_) => "hmac",
        }
    }

    /// The header its signatures travel in, in lower case.
    pub fn header(&self) -> &str {
        match self {
            Self::Standard | Self::StandardEd25519 => SIGNATURE_HEADER,
            Self::Github => GITHUB_HEADER,
            Self::Stripe { header } | Self::Hmac(BareHmac { header, .. }) => header.as_str(),
        }
    }

    /// Whether its header has room for one signature only, so that two secrets cannot sign at the same time.
    pub fn is_single(&self) -> bool {
        matches!(self, Self::Github | Self::Hmac(_))
    }

    /// Whether the two have the same name and header: then one takes the place of the other.
    pub fn is_like(&self, other: &Self) -> bool {
        self.name() == other.name() && self.header() == other.header()
    }

    /// Whether both may be part of one request: no header is set twice, but that of Standard Webhooks holds both kinds of
    /// signature.
    pub fn goes_with(&self, other: &Self) -> bool {
        let is_pair =
            matches!((self, other), (Self::Standard, Self::StandardEd25519) | (Self::StandardEd25519, Self::Standard));
        is_pair || self.header() != other.header()
    }

    /// Reads a key of the kind that this scheme takes.
    pub fn parse_key(&self, text: &str) -> Result<Key, InvalidKey> {
        match self {
            Self::Standard => text.parse().map(Key::Secret),
            Self::StandardEd25519 => text.parse().map(Key::Ed25519),
            Self::Github | Self::Stripe { .. } | Self::Hmac(_) => text.parse().map(Key::Text),
        }
    }

    /// A new key for this scheme from `fill`, which must fill 32 bytes with cryptographic randomness.
    pub fn generate_key(&self, fill: impl FnOnce(&mut [u8])) -> Key {
        match self {
            Self::Standard => Secret::generate(fill).into(),
            Self::StandardEd25519 => SigningKey::generate(fill).into(),
            Self::Github | Self::Stripe { .. } | Self::Hmac(_) => TextSecret::generate(fill).into(),
        }
    }

    /// Whether the key is of the kind that this scheme takes.
    pub(crate) fn takes(&self, key: &Key) -> bool {
        match key {
            Key::Secret(_) => matches!(self, Self::Standard),
            Key::Ed25519(_) => matches!(self, Self::StandardEd25519),
            Key::Text(_) => !matches!(self, Self::Standard | Self::StandardEd25519),
        }
    }
}

/// The name of a header with signatures: a token of RFC 9110 of at most 64 bytes, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName(Box<str>);

/// A text is no name of a header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("is no name of a header: use 1 to {MAX_HEADER_NAME} letters, digits and hyphens")]
pub struct InvalidHeaderName;

impl HeaderName {
    /// The header that Stripe uses.
    pub fn stripe() -> Self {
        Self(STRIPE_HEADER.into())
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HeaderName {
    type Err = InvalidHeaderName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if (1..=MAX_HEADER_NAME).contains(&text.len()) && text.bytes().all(is_token) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(InvalidHeaderName)
        }
    }
}

/// What stands before a signature: at most 32 visible characters of ASCII.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix(Box<str>);

/// A text cannot stand before a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot stand before a signature: use at most {MAX_PREFIX} visible characters of ASCII, such as sha1=")]
pub struct InvalidPrefix;

impl Prefix {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A space within is fine (`HMAC abc`), one before would be lost on the way.
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && !text.starts_with(' ');
        if text.len() <= MAX_PREFIX && is_visible { Ok(Self(text.into())) } else { Err(InvalidPrefix) }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hmac(header: &str) -> Scheme {
        let header = header.parse().unwrap();
        Scheme::Hmac(BareHmac {
            header,
            algorithm: Algorithm::Sha1,
            encoding: Encoding::Hex,
            prefix: Prefix::default(),
        })
    }

    #[test]
    fn no_two_schemes_share_a_header_but_the_standard_pair() {
        assert!(Scheme::Standard.goes_with(&Scheme::StandardEd25519));
        assert!(Scheme::Standard.goes_with(&Scheme::Github));
        assert!(hmac("x-a").goes_with(&hmac("x-b")));
        assert!(!Scheme::Standard.goes_with(&Scheme::Standard));
        assert!(!Scheme::Github.goes_with(&hmac("X-Hub-Signature-256")));
        assert!(!hmac("x-a").goes_with(&hmac("X-A")));
    }

    #[test]
    fn a_key_of_another_kind_is_not_taken() {
        let schemes = [Scheme::Standard, Scheme::StandardEd25519, Scheme::Github, hmac("x-a")];
        for scheme in &schemes {
            let key = scheme.generate_key(|bytes| bytes.fill(1));
            assert_eq!(scheme.parse_key(&key.expose()), Ok(key.clone()));
            let takers: Vec<_> = schemes.iter().filter(|other| other.takes(&key)).map(Scheme::name).collect();
            assert!(takers.contains(&scheme.name()) && takers.len() <= 2, "{takers:?}");
        }
        assert!(Scheme::Standard.parse_key("whsk_AAAA").is_err());
    }

    #[test]
    fn refuses_names_that_are_no_header() {
        for name in ["", "x y", "x-a\r\n", "x:", "ä", &"x".repeat(65)] {
            assert_eq!(name.parse::<HeaderName>(), Err(InvalidHeaderName), "{name:?}");
        }
        assert_eq!("X-Signature".parse::<HeaderName>().unwrap().as_str(), "x-signature");
    }

    #[test]
    fn refuses_prefixes_that_would_break_or_lose_something() {
        for prefix in ["a\r\nb: c", "ä", " sha1=", &"x".repeat(33)] {
            assert_eq!(prefix.parse::<Prefix>(), Err(InvalidPrefix), "{prefix:?}");
        }
        assert_eq!("HMAC ".parse::<Prefix>().unwrap().as_str(), "HMAC ");
    }
}
