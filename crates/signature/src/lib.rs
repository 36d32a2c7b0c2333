//! Signs and verifies webhooks as Standard Webhooks 1.0 says: HMAC-SHA256 (`v1`) and ed25519 (`v1a`).
//!
//! What is signed is the message id, the timestamp of the attempt and the body's bytes, so nobody can change or replay
//! a webhook unseen. While a secret rotates, a [`Signer`] has several keys and signs with each; [`verify()`] accepts any
//! match. There is no I/O here, and neither a clock nor dice: callers hand them in.

mod ed25519;
mod encoding;
mod secret;
mod signer;
mod verify;

pub use ed25519::{SigningKey, VerifyingKey};
pub use encoding::InvalidKey;
pub use secret::Secret;
pub use signer::{InvalidSigner, Key, MAX_KEYS, Signer};
pub use verify::{DEFAULT_TOLERANCE, Headers, MAX_SIGNATURES, Verifier, VerifyError, verify};

/// The header with the message id.
pub const ID_HEADER: &str = "webhook-id";

/// The header with the time of the attempt, in whole seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";

/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

#[cfg(test)]
mod vectors;
