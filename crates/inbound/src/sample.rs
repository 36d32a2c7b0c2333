//! A request as the provider would send it, signed as the provider would: to try a source without the provider.

use barid_registry::source::{
    Preset, Verification,
    verification::{Encoding, Proof, ProofPlace, Signature, TimestampPlace, Unit},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::{
    Incoming, InvalidKey,
    key::{Key, PrivateKey},
    signed::{Filling, sorted_form},
    verify::digest,
};

/// Stands for the secret in the body of a sample.
const SECRET: &str = "$SECRET";

/// A request to send.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedSample {
    /// The method.
    pub method: &'static str,
    /// The URL; it holds the secret where that is in the query.
    pub url: String,
    /// The headers, by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The sample of a preset, signed with a secret for a source that verifies in this way. For an asymmetric signature it is the
/// private key that signs; `id` and `now` are the request's.
pub fn sign(
    preset: &Preset,
    verification: &Verification,
    secret: &str,
    url: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Result<SignedSample, InvalidKey> {
    let body = preset.sample.body.replace(SECRET, secret).into_bytes();
    let headers = preset.sample.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let mut sample = SignedSample { method: "POST", url: url.to_owned(), headers, body };
    match verification {
        Verification::Token => {}
        Verification::Secret(proof) => {
            let written = encoded(proof, secret.as_bytes());
            sample.attach(&proof.place, &written);
        }
        Verification::Signature(signature) => sample.sign(signature, secret, id, now)?,
    }
    Ok(sample)
}

impl SignedSample {
    fn attach(&mut self, place: &ProofPlace, text: &str) {
        match place {
            ProofPlace::Header(name) => self.set(name, text),
            ProofPlace::Query(name) => {
                let joint = if self.url.contains('?') { '&' } else { '?' };
                let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, text).finish();
                self.url = format!("{}{joint}{pair}", self.url);
            }
            // The sample has its place for it.
            ProofPlace::Body(_) => {}
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn sign(&mut self, signature: &Signature, secret: &str, id: &str, now: DateTime<Utc>) -> Result<(), InvalidKey> {
        let written = signature.timestamp.as_ref().map(|timestamp| match timestamp.unit {
            Unit::Seconds => now.timestamp().to_string(),
            Unit::Milliseconds => now.timestamp_millis().to_string(),
            Unit::Rfc3339 => now.to_rfc3339_opts(SecondsFormat::Secs, true),
        });
        let written = written.unwrap_or_default();
        if let Some(name) = &signature.id {
            self.set(name, id);
        }
        let incoming = Incoming { method: self.method, url: &self.url, headers: &[], body: &self.body };
        let filling = Filling { incoming, id, timestamp: &written, sorted_form: sorted_form(&self.body) };
        let bytes = made(signature, &filling, secret)?;
        let mut text = encoded(&signature.proof, &bytes);
        match signature.timestamp.as_ref().map(|timestamp| &timestamp.place) {
            Some(TimestampPlace::Header(name)) => self.set(name, &written),
            Some(TimestampPlace::Beside(prefix)) => {
                let separator = signature.proof.separator.unwrap_or(',');
                text = format!("{prefix}{written}{separator}{text}");
            }
            None => {}
        }
        self.attach(&signature.proof.place, &text);
        Ok(())
    }
}

fn made(signature: &Signature, filling: &Filling<'_>, secret: &str) -> Result<Vec<u8>, InvalidKey> {
    use barid_registry::source::verification::Algorithm;
    match signature.algorithm {
        Algorithm::Hmac(_) | Algorithm::Plain(_) => {
            let Key::Shared(key) = Key::read(secret, signature.algorithm, &signature.key)? else {
                return Err(InvalidKey::Key("shared"));
            };
            Ok(digest(signature, filling, &key))
        }
        Algorithm::Ed25519 | Algorithm::EcdsaP256 => {
            let mut message = Vec::new();
            filling.feed(&signature.signed, &[], |bytes| message.extend_from_slice(bytes));
            match PrivateKey::read(secret, signature.algorithm)? {
                PrivateKey::Ed25519(key) => Ok(key.sign(&message).to_bytes().to_vec()),
                PrivateKey::EcdsaP256(key) => {
                    let made: Result<p256::ecdsa::DerSignature, _> = key.sign_prehash(&Sha256::digest(&message));
                    made.map(|made| made.as_bytes().to_vec()).map_err(|_| InvalidKey::Key("private p-256"))
                }
            }
        }
    }
}

fn encoded(proof: &Proof, bytes: &[u8]) -> String {
    let text = match proof.encoding {
        Encoding::Text => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Hex => HEXLOWER.encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
    };
    format!("{}{text}", proof.prefix)
}
