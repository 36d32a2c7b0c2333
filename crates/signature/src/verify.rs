//! Verifies a webhook that came in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signature;
use ed25519_dalek::ed25519::signature::MultipartVerifier as _;
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::mac::{digest, sha256};
use crate::signer::signed_parts;
use crate::{ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, VerifyingKey};

/// The most signatures that one header may hold, known or not: each can cost a verification.
pub const MAX_SIGNATURES: usize = 16;

/// How far a timestamp may be from now, to either side, in every official library.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_mins(5);

/// The three headers of a webhook, as they came; nothing for one that is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub signature: Option<&'a str>,
}

/// One key to verify with. Signatures of the other version are not tried with it.
#[derive(Debug, Clone)]
pub enum Verifier {
    /// A shared secret, for `v1` signatures.
    Secret(Secret),
    /// A public key, for `v1a` signatures.
    Ed25519(VerifyingKey),
}

impl From<Secret> for Verifier {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<VerifyingKey> for Verifier {
    fn from(key: VerifyingKey) -> Self {
        Self::Ed25519(key)
    }
}

/// Why a webhook is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// A header is missing or empty.
    #[error("header {0} is missing: send it with every request")]
    MissingHeader(&'static str),
    /// The timestamp is no whole number.
    #[error("header {TIMESTAMP_HEADER} is no number: send whole seconds since 1970")]
    InvalidTimestamp,
    /// It was signed too long ago.
    #[error("header {TIMESTAMP_HEADER} is too old: sign every attempt anew, and check the sender's clock")]
    TooOld,
    /// It was signed too far in the future.
    #[error("header {TIMESTAMP_HEADER} is in the future: check the sender's clock")]
    TooNew,
    /// There are more signatures than anybody needs.
    #[error("header {SIGNATURE_HEADER} has more than {MAX_SIGNATURES} signatures: send fewer")]
    TooManySignatures,
    /// No signature fits any of the keys.
    #[error("header {SIGNATURE_HEADER} has no signature that fits: check the secret, and sign the body's exact bytes")]
    NoMatch,
}

/// Verifies that somebody with one of `keys` signed this body, within `tolerance` of `now` (seconds since 1970).
///
/// Signatures of unknown versions and those that cannot be decoded are skipped, so that senders may add new ones.
pub fn verify(
    keys: &[Verifier],
    headers: Headers<'_>,
    body: &[u8],
    now: i64,
    tolerance: Duration,
) -> Result<(), VerifyError> {
    let id = required(headers.id, ID_HEADER)?;
    let timestamp = required(headers.timestamp, TIMESTAMP_HEADER)?;
    let signatures = required(headers.signature, SIGNATURE_HEADER)?;
    check_time(timestamp, now, tolerance)?;
    if signatures.split(' ').nth(MAX_SIGNATURES).is_some() {
        return Err(VerifyError::TooManySignatures);
    }
    let fits = |key: &Verifier| match key {
        Verifier::Secret(secret) => {
            let expected = digest(&sha256(secret.bytes()), &signed_parts(id, timestamp, body));
            of_version(signatures, "v1").any(|found| expected[..].ct_eq(&found).into())
        }
        Verifier::Ed25519(key) => of_version(signatures, "v1a")
            .filter_map(|found| Signature::from_slice(&found).ok())
            .any(|found| key.0.multipart_verify(&signed_parts(id, timestamp, body), &found).is_ok()),
    };
    if keys.iter().any(fits) { Ok(()) } else { Err(VerifyError::NoMatch) }
}

fn required<'a>(header: Option<&'a str>, name: &'static str) -> Result<&'a str, VerifyError> {
    header.filter(|value| !value.is_empty()).ok_or(VerifyError::MissingHeader(name))
}

fn check_time(timestamp: &str, now: i64, tolerance: Duration) -> Result<(), VerifyError> {
    let signed_at: i64 = timestamp.parse().map_err(|_| VerifyError::InvalidTimestamp)?;
    if signed_at.abs_diff(now) <= tolerance.as_secs() {
        Ok(())
    } else if signed_at < now {
        Err(VerifyError::TooOld)
    } else {
        Err(VerifyError::TooNew)
    }
}

/// The decoded signatures of one version.
fn of_version<'a>(signatures: &'a str, version: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
    signatures
        .split(' ')
        .filter_map(|item| item.split_once(','))
        .filter(move |(found, _)| *found == version)
        .filter_map(|(_, encoded)| STANDARD.decode(encoded).ok())
}
