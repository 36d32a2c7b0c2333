//! Signs and verifies webhooks as Standard Webhooks 1.0 says: HMAC-SHA256 (`v1`) and ed25519 (`v1a`). Signs them also in
//! the older shapes that receivers may know already: see [`Scheme`].
//!
//! What is signed is the message id, the timestamp of the attempt and the body's bytes, so nobody can change or replay
//! a webhook unseen. While a secret rotates, a [`Signer`] has several keys and signs with each; [`verify()`] accepts any
//! match. There is no I/O here, and neither a clock nor dice: callers hand them in.

mod ed25519;
mod encoding;
mod key;
mod mac;
mod scheme;
mod secret;
mod signer;
mod text;
mod verify;

pub use ed25519::{SigningKey, VerifyingKey};
pub use encoding::InvalidKey;
pub use key::Key;
pub use mac::{Algorithm, Encoding, UnknownName};
pub use scheme::{
    BareHmac, GITHUB_HEADER, HeaderName, InvalidHeaderName, InvalidPrefix, MAX_HEADER_NAME, MAX_PREFIX, Prefix,
    STRIPE_HEADER, Scheme,
};
pub use secret::Secret;
pub use signer::{InvalidSigner, MAX_KEYS, MAX_SCHEMES, Signer};
pub use text::{MAX_TEXT, MIN_TEXT, TextSecret};
pub use verify::{DEFAULT_TOLERANCE, Headers, MAX_SIGNATURES, Verifier, VerifyError, verify};

/// The header with the message id.
pub const ID_HEADER: &str = "webhook-id";

/// The header with the time of the attempt, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";

/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

#[cfg(test)]
mod vectors;
