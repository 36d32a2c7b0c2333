//! Signs attempts: the work that depends only on the key is done once, the rest per attempt and without copying bodies.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use ed25519_dalek::ed25519::signature::MultipartSigner as _;
use thiserror::Error;

use crate::mac::KeyedMac;
use crate::{Algorithm, Encoding, Key, Scheme, Secret, SigningKey};

/// The most keys one scheme uses: each adds a signature to every request.
pub const MAX_KEYS: usize = 8;

/// The most schemes one signer uses: enough to move from any to any, with both kinds of Standard Webhooks.
pub const MAX_SCHEMES: usize = 4;

/// How much room a signature is given in its header, in bytes: enough for all but a long prefix before SHA-512 in
/// hexadecimal.
const ITEM: usize = 93;

/// Signs in one or several schemes, each with one or several keys, of which all but the newest may have an end; cheap per
/// attempt and to clone.
///
/// Two are equal that sign everything alike: same schemes, same keys, same order, same ends.
#[derive(Clone)]
pub struct Signer(
    /// The keys of a scheme are neighbours, the newest first, and so are the schemes of a header.
    Arc<[Prepared]>,
);

#[derive(Clone)]
struct Prepared {
    scheme: Scheme,
    key: PreparedKey,
    /// The last second since 1970 that it signs; for ever is the last there is, so that asking costs one comparison.
    until: i64,
}

#[derive(Clone)]
enum PreparedKey {
    Hmac(KeyedMac),
    // Boxed, since it is many times as large and rare.
    Ed25519(Box<SigningKey>),
}

/// Why schemes and keys make no signer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSigner {
    /// A scheme has no key, or there is no scheme.
    #[error("signing has no key: give at least one")]
    NoKey,
    /// A scheme has too many keys.
    #[error("signing has more than {MAX_KEYS} keys: remove the ones that receivers no longer know")]
    TooManyKeys,
    /// There are too many schemes.
    #[error("signing has more than {MAX_SCHEMES} schemes: remove the ones that receivers no longer know")]
    TooManySchemes,
    /// A key is of a kind that its scheme does not take.
    #[error("signing has a key of another kind than {0} takes: make one for {0}")]
    KeyKind(&'static str),
    /// A scheme whose header holds one signature has several keys.
    #[error("signing has several secrets for {0}, which carries one signature: keep the newest")]
    OneSignature(&'static str),
    /// Two schemes would set one header.
    #[error("signing sets header {0} twice: remove one of the schemes, or give it another header")]
    SameHeader(String),
}

impl From<Secret> for Signer {
    fn from(secret: Secret) -> Self {
        Self([Prepared::new(&Scheme::Standard, secret.into(), None)].into())
    }
}

impl From<SigningKey> for Signer {
    fn from(key: SigningKey) -> Self {
        Self([Prepared::new(&Scheme::StandardEd25519, key.into(), None)].into())
    }
}

impl Signer {
    /// A signer for these schemes, 1 to [`MAX_SCHEMES`], each with 1 to [`MAX_KEYS`] keys, the newest first. A key signs until
    /// its end, in whole seconds since 1970, if it has one. When all of a scheme have ended, its newest goes on: a webhook
    /// is never without a signature.
    pub fn new(schemes: impl IntoIterator<Item = (Scheme, Vec<(Key, Option<i64>)>)>) -> Result<Self, InvalidSigner> {
        let mut schemes: Vec<_> = schemes.into_iter().take(MAX_SCHEMES + 1).collect();
        match schemes.len() {
            0 => return Err(InvalidSigner::NoKey),
            1..=MAX_SCHEMES => {}
            _ => return Err(InvalidSigner::TooManySchemes),
        }
        for (number, (scheme, keys)) in schemes.iter().enumerate() {
            check(scheme, keys)?;
            if schemes.iter().take(number).any(|(earlier, _)| !earlier.goes_with(scheme)) {
                return Err(InvalidSigner::SameHeader(scheme.header().to_owned()));
            }
        }
        let order: Vec<_> = schemes.iter().map(|(scheme, _)| scheme.header().to_owned()).collect();
        schemes.sort_by_key(|(scheme, _)| order.iter().position(|header| header == scheme.header()));
        let prepared = schemes
            .into_iter()
            .flat_map(|(scheme, keys)| keys.into_iter().map(move |(key, until)| Prepared::new(&scheme, key, until)));
        Ok(Self(prepared.collect()))
    }

    /// The names and values of the headers that sign one attempt at `timestamp`, in whole seconds since 1970.
    pub fn headers<'a>(
        &'a self,
        message_id: &'a str,
        timestamp: i64,
        body: &'a [u8],
    ) -> impl Iterator<Item = (&'a str, String)> {
        let text = timestamp.to_string();
        self.fields().map(move |(name, keys)| {
            let signed = Signed { message_id, timestamp: &text, body };
            (name, value(keys, timestamp, &signed))
        })
    }

    /// The names of the headers that it sets, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields().map(|(name, _)| name)
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &[Prepared])> {
        let of_one_header = |a: &Prepared, b: &Prepared| a.scheme.header() == b.scheme.header();
        self.0.chunk_by(of_one_header).filter_map(|keys| Some((keys.first()?.scheme.header(), keys)))
    }
}

fn check(scheme: &Scheme, keys: &[(Key, Option<i64>)]) -> Result<(), InvalidSigner> {
    match keys.len() {
        0 => Err(InvalidSigner::NoKey),
        2.. if scheme.is_single() => Err(InvalidSigner::OneSignature(scheme.name())),
        1..=MAX_KEYS if keys.iter().all(|(key, _)| scheme.takes(key)) => Ok(()),
        1..=MAX_KEYS => Err(InvalidSigner::KeyKind(scheme.name())),
        _ => Err(InvalidSigner::TooManyKeys),
    }
}

/// What of a request can be signed.
struct Signed<'a> {
    message_id: &'a str,
    timestamp: &'a str,
    body: &'a [u8],
}

/// The value of one header.
fn value(keys: &[Prepared], timestamp: i64, signed: &Signed<'_>) -> String {
    let mut value = String::with_capacity(keys.len() * ITEM);
    for keys in keys.chunk_by(|a, b| a.scheme == b.scheme) {
        let is_signing = |key: &&Prepared| timestamp <= key.until;
        let newest = if keys.iter().any(|key| is_signing(&key)) { None } else { keys.first() };
        for key in keys.iter().filter(is_signing).chain(newest) {
            key.sign(signed, &mut value);
        }
    }
    value
}

impl Prepared {
    fn new(scheme: &Scheme, key: Key, until: Option<i64>) -> Self {
        let algorithm = match scheme {
            Scheme::Hmac(hmac) => hmac.algorithm,
            _ => Algorithm::Sha256,
        };
        let key = match key {
            Key::Secret(secret) => PreparedKey::Hmac(KeyedMac::new(algorithm, secret.bytes())),
            Key::Text(text) => PreparedKey::Hmac(KeyedMac::new(algorithm, text.bytes())),
            Key::Ed25519(key) => PreparedKey::Ed25519(Box::new(key)),
        };
        Self { scheme: scheme.clone(), key, until: until.unwrap_or(i64::MAX) }
    }

    /// Appends one signature to the value of the header.
    fn sign(&self, signed: &Signed<'_>, value: &mut String) {
        let Signed { message_id, timestamp, body } = *signed;
        let is_first = value.is_empty();
        match &self.scheme {
            Scheme::Standard | Scheme::StandardEd25519 => {
                if !is_first {
                    value.push(' ');
                }
                value.push_str(if self.scheme == Scheme::Standard { "v1," } else { "v1a," });
                self.key.append(&signed_parts(message_id, timestamp, body), Encoding::Base64, value);
            }
            Scheme::Stripe { .. } => {
                if is_first {
                    // Writing to a string cannot fail.
                    let _infallible = write!(value, "t={timestamp}");
                }
                value.push_str(",v1=");
                self.key.append(&[timestamp.as_bytes(), b".", body], Encoding::Hex, value);
            }
            Scheme::Github => {
                value.push_str("sha256=");
                self.key.append(&[body], Encoding::Hex, value);
            }
            Scheme::Hmac(hmac) => {
                value.push_str(hmac.prefix.as_str());
                self.key.append(&[body], hmac.encoding, value);
            }
        }
    }
}

impl PreparedKey {
    /// Appends the signature of these parts, one behind the other.
    fn append(&self, parts: &[&[u8]], encoding: Encoding, text: &mut String) {
        match self {
            Self::Hmac(keyed) => keyed.append(parts, encoding, text),
            Self::Ed25519(key) => encoding.append(&key.0.multipart_sign(parts).to_bytes(), text),
        }
    }
}

impl PartialEq for Signer {
    fn eq(&self, other: &Self) -> bool {
        // Keys are told apart by what they sign, at a time at which none has ended: they are kept prepared, not as bytes.
        fn everything(signer: &Signer) -> impl Iterator<Item = (&str, String)> {
            signer.headers("", i64::MIN, b"")
        }
        let settings = |signer: &Self| signer.0.iter().map(|key| (key.scheme.clone(), key.until)).collect::<Vec<_>>();
        settings(self) == settings(other) && everything(self).eq(everything(other))
    }
}

impl Eq for Signer {}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} keys)", self.0.len())
    }
}

/// What Standard Webhooks signs, in pieces so that the body is never copied.
pub(crate) fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}

#[cfg(test)]
mod tests;
