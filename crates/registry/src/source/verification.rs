//! How a provider proves that a request comes from it, as data: one shape for all of them, so that another provider is
//! another file and no code.

mod read;
mod signed;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub(super) use self::read::read;
pub use self::signed::{InvalidSigned, MAX_SIGNED, Part, Signed};

/// The tolerance of timestamps where nothing else is said, into the past and into the future: 5 minutes.
pub const DEFAULT_SKEW: Duration = Duration::from_mins(5);

/// The longest tolerance: a day.
pub const MAX_SKEW: Duration = Duration::from_hours(24);

/// How requests of a source are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Not beyond the token in the source's URL (`url-secret`).
    Token,
    /// By a secret that comes along as it is (`shared-secret`): an API key, basic or bearer authentication.
    Secret(Proof),
    /// By a signature.
    Signature(Box<Signature>),
}

/// How a signature is made, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What is computed.
    pub algorithm: Algorithm,
    /// Where the signature is.
    pub proof: Proof,
    /// The bytes that are signed.
    pub signed: Signed,
    /// When it was made.
    pub timestamp: Option<Timestamp>,
    /// The header with the id that is signed.
    pub id: Option<Box<str>>,
    /// What the text of a secret stands for.
    pub key: KeyForm,
    /// The parameter of the query with the SHA-256 of a body that is no form, in hex, where the form is what is signed.
    pub body_hash: Option<Box<str>>,
}

/// What makes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with the secret as its key.
    Hmac(Hash),
    /// A plain hash of bytes that hold the secret.
    Plain(Hash),
    /// Ed25519; secrets are public keys.
    Ed25519,
    /// ECDSA over P-256 and SHA-256, the signature in DER; secrets are public keys.
    EcdsaP256,
}

/// A hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, which providers of old still use; in HMAC it is not broken.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Where a signature or secret stands, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Where it stands.
    pub place: ProofPlace,
    /// What separates several of them, and fields beside them.
    pub separator: Option<char>,
    /// What is before it; what has another prefix is passed over.
    pub prefix: Box<str>,
    /// How it is written.
    pub encoding: Encoding,
}

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofPlace {
    /// A header, by its name in lower case.
    Header(Box<str>),
    /// A parameter of the query.
    Query(Box<str>),
    /// A value of the parsed body, by its JSON pointer.
    Body(Box<str>),
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Text,
    /// Hexadecimal digits, upper or lower case.
    Hex,
    /// Base64 with padding.
    Base64,
}

/// Where the time of a request is, and how far it may be from ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Where it is.
    pub place: TimestampPlace,
    /// How it is written.
    pub unit: Unit,
    /// How far from ours it may be, into the past and into the future.
    pub tolerance: Duration,
}

/// Where a timestamp is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimestampPlace {
    /// In a header of its own, by its name in lower case.
    Header(Box<str>),
    /// Among the signatures, after this prefix.
    Beside(Box<str>),
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole seconds since 1970.
    Seconds,
    /// Whole milliseconds since 1970.
    Milliseconds,
    /// RFC 3339.
    Rfc3339,
}

/// What the text of a secret stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Its own bytes.
    Text,
    /// Its own bytes after the five entities of HTML are decoded.
    Html,
    /// The bytes it is the base64 of, after this prefix if it is there.
    Base64(Box<str>),
}
