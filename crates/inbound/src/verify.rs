//! Whether a request comes from who it says: the proof in it is compared with what each active secret makes of the raw
//! bytes. The same work is done whether a secret fits or not, and every comparison takes the same time.

mod proof;
mod timestamp;

#[cfg(test)]
mod vectors;

use barid_registry::source::{
    Verification,
    verification::{Algorithm, Hash, Part, Proof, Signature, TimestampPlace},
};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::Verifier as _;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

pub use self::proof::MAX_SIGNATURES;
use crate::{
    Incoming, Reason,
    body::MediaType,
    key::{InvalidKey, Key},
    signed::{Filling, sorted_form},
};

/// What verifies the requests of one source.
pub(crate) struct Verifier {
    how: Verification,
    keys: Box<[(Key, Option<DateTime<Utc>>)]>,
}

impl Verifier {
    /// A verifier with these secrets and their ends.
    pub(crate) fn new<'s>(
        how: Verification,
        secrets: impl IntoIterator<Item = (&'s str, Option<DateTime<Utc>>)>,
    ) -> Result<Self, InvalidKey> {
        let key = |text: &str| match &how {
            Verification::Signature(signature) => Key::read(text, signature.algorithm, &signature.key),
            Verification::Token | Verification::Secret(_) => Ok(Key::Shared(Zeroizing::new(text.as_bytes().to_vec()))),
        };
        let keys = secrets.into_iter().map(|(text, until)| Ok((key(text)?, until))).collect::<Result<_, _>>()?;
        Ok(Self { how, keys })
    }

    /// Whether the request is proved at this time; how much older than now it says it is, if it says so. `body` is asked for
    /// the parsed body where the proof is in it.
    pub(crate) fn verify(
        &self,
        incoming: &Incoming<'_>,
        now: DateTime<Utc>,
        body: impl FnOnce() -> Result<Value, Reason>,
    ) -> Result<Option<TimeDelta>, Reason> {
        match &self.how {
            Verification::Token => Ok(None),
            Verification::Secret(proof) => self.secret(proof, incoming, now, body).map(|()| None),
            Verification::Signature(signature) => self.signature(signature, incoming, now, body),
        }
    }

    fn active(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Key> {
        let active = move |(_, until): &&(Key, Option<DateTime<Utc>>)| until.is_none_or(|until| now <= until);
        self.keys.iter().filter(active).map(|(key, _)| key)
    }

    fn secret(
        &self,
        proof: &Proof,
        incoming: &Incoming<'_>,
        now: DateTime<Utc>,
        body: impl FnOnce() -> Result<Value, Reason>,
    ) -> Result<(), Reason> {
        let text = proof::text(proof, incoming, body)?;
        let candidates = proof::candidates(proof, &text, true)?;
        // Hashed, so that not even the length of a secret shows in the time.
        let mut right = Choice::from(0);
        for key in self.active(now) {
            let Key::Shared(secret) = key else { continue };
            let expected = Sha256::digest(secret);
            for candidate in &candidates {
                right |= expected.ct_eq(&Sha256::digest(candidate));
            }
        }
        if right.into() { Ok(()) } else { Err(Reason::WrongSignature) }
    }

    fn signature(
        &self,
        signature: &Signature,
        incoming: &Incoming<'_>,
        now: DateTime<Utc>,
        body: impl FnOnce() -> Result<Value, Reason>,
    ) -> Result<Option<TimeDelta>, Reason> {
        let text = proof::text(&signature.proof, incoming, body)?;
        let candidates = proof::candidates(&signature.proof, &text, false)?;
        let written = match &signature.timestamp {
            None => "",
            Some(timestamp) => match &timestamp.place {
                TimestampPlace::Header(name) => incoming.header(name)?.ok_or(Reason::MissingTimestamp)?,
                TimestampPlace::Beside(prefix) => proof::beside(&signature.proof, &text, prefix)?,
            },
        };
        let age = signature.timestamp.as_ref().map(|timestamp| timestamp::age(timestamp, written, now)).transpose()?;
        let id = match &signature.id {
            None => "",
            Some(name) => incoming.header(name)?.ok_or(Reason::MissingId)?,
        };
        let sorted_form = form(signature, incoming)?;
        let filling = Filling { incoming: *incoming, id, timestamp: written, sorted_form };
        let mut right = Choice::from(0);
        for key in self.active(now) {
            right |= matches(key, signature, &filling, &candidates);
        }
        if !bool::from(right) {
            return Err(Reason::WrongSignature);
        }
        // Last, so that only who knows a secret learns what our clock says.
        if let (Some(timestamp), Some(age)) = (&signature.timestamp, age) {
            timestamp::check(timestamp, age)?;
        }
        Ok(age)
    }
}

/// The fields of a form where they are what is signed. A body that is no form must then be proved by its hash.
fn form(signature: &Signature, incoming: &Incoming<'_>) -> Result<Vec<u8>, Reason> {
    if !signature.signed.has(&Part::SortedForm) {
        return Ok(Vec::new());
    }
    if MediaType::of(incoming)? == Some(MediaType::Form) {
        return Ok(sorted_form(incoming.body));
    }
    if incoming.body.is_empty() || signature.signed.has(&Part::Body) {
        return Ok(Vec::new());
    }
    let name = signature.body_hash.as_deref().ok_or(Reason::UnsignedBody)?;
    let claimed = incoming.parameter(name)?.ok_or(Reason::UnsignedBody)?;
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(incoming.body));
    if hash.as_bytes().ct_eq(claimed.to_ascii_lowercase().as_bytes()).into() {
        Ok(Vec::new())
    } else {
        Err(Reason::UnsignedBody)
    }
}

fn matches(key: &Key, signature: &Signature, filling: &Filling<'_>, candidates: &[Vec<u8>]) -> Choice {
    let any = |expected: &[u8]| {
        candidates.iter().fold(Choice::from(0), |right, candidate| right | expected.ct_eq(candidate.as_slice()))
    };
    match key {
        Key::Shared(secret) => any(&digest(signature, filling, secret)),
        Key::Ed25519(public) => {
            let mut message = Vec::with_capacity(filling.incoming.body.len());
            filling.feed(&signature.signed, &[], |bytes| message.extend_from_slice(bytes));
            let fits = |candidate: &Vec<u8>| {
                let signature = ed25519_dalek::Signature::from_slice(candidate);
                signature.is_ok_and(|signature| public.verify(&message, &signature).is_ok())
            };
            Choice::from(u8::from(candidates.iter().any(fits)))
        }
        Key::EcdsaP256(public) => {
            let mut hash = Sha256::new();
            filling.feed(&signature.signed, &[], |bytes| hash.update(bytes));
            let hash = hash.finalize();
            let fits = |candidate: &Vec<u8>| {
                let signature = p256::ecdsa::DerSignature::from_bytes(candidate);
                signature.is_ok_and(|signature| public.verify_prehash(&hash, &signature).is_ok())
            };
            Choice::from(u8::from(candidates.iter().any(fits)))
        }
    }
}

/// What a shared secret makes of a request.
pub(crate) fn digest(signature: &Signature, filling: &Filling<'_>, secret: &[u8]) -> Vec<u8> {
    match signature.algorithm {
        Algorithm::Hmac(Hash::Sha1) => hmac::<Hmac<Sha1>>(signature, filling, secret),
        Algorithm::Hmac(Hash::Sha256) => hmac::<Hmac<Sha256>>(signature, filling, secret),
        Algorithm::Hmac(Hash::Sha512) => hmac::<Hmac<Sha512>>(signature, filling, secret),
        Algorithm::Plain(Hash::Sha1) => plain::<Sha1>(signature, filling, secret),
        Algorithm::Plain(Hash::Sha512) => plain::<Sha512>(signature, filling, secret),
        Algorithm::Plain(Hash::Sha256) | Algorithm::Ed25519 | Algorithm::EcdsaP256 => {
            plain::<Sha256>(signature, filling, secret)
        }
    }
}

fn hmac<M: Mac + KeyInit>(signature: &Signature, filling: &Filling<'_>, secret: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so that there is always a result.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret) else { return Vec::new() };
    filling.feed(&signature.signed, secret, |bytes| mac.update(bytes));
    mac.finalize().into_bytes().to_vec()
}

fn plain<D: Digest>(signature: &Signature, filling: &Filling<'_>, secret: &[u8]) -> Vec<u8> {
    let mut hash = D::new();
    filling.feed(&signature.signed, secret, |bytes| hash.update(bytes));
    hash.finalize().to_vec()
}
