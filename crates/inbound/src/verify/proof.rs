//! The signatures or secrets in a request: found, taken apart and decoded, with a bound on how many.

use std::borrow::Cow;

use barid_registry::source::verification::{Encoding, Proof, ProofPlace};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

use crate::{Incoming, MAX_HEADER, Reason};

/// The most signatures in a request, and fields beside them.
pub const MAX_SIGNATURES: usize = 16;

/// The text at the place of the proof.
pub(super) fn text<'r>(
    proof: &Proof,
    incoming: &Incoming<'r>,
    body: impl FnOnce() -> Result<Value, Reason>,
) -> Result<Cow<'r, str>, Reason> {
    let found = match &proof.place {
        ProofPlace::Header(name) => incoming.header(name)?.map(Cow::Borrowed),
        ProofPlace::Query(name) => incoming.parameter(name)?.map(Cow::Owned),
        ProofPlace::Body(pointer) => match body()?.pointer(pointer) {
            Some(Value::String(text)) => Some(Cow::Owned(text.clone())),
            Some(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
            _ => None,
        },
    };
    let found = found.filter(|text| !text.is_empty()).ok_or(Reason::MissingSignature)?;
    if found.len() > MAX_HEADER { Err(Reason::LongHeader) } else { Ok(found) }
}

/// The items of a text, at most [`MAX_SIGNATURES`].
fn items<'t>(proof: &Proof, text: &'t str) -> Result<Vec<&'t str>, Reason> {
    let items: Vec<_> = match proof.separator {
        None => vec![text],
        Some(separator) => text.split(separator).map(str::trim_ascii).take(MAX_SIGNATURES + 1).collect(),
    };
    if items.len() > MAX_SIGNATURES { Err(Reason::TooManySignatures) } else { Ok(items) }
}

/// Every proof in a text, decoded; at least one. Schemes of HTTP authentication are the same in any case.
pub(super) fn candidates(proof: &Proof, text: &str, any_case: bool) -> Result<Vec<Vec<u8>>, Reason> {
    let candidate = |item: &str| {
        let (prefix, rest) = item.split_at_checked(proof.prefix.len())?;
        let same = if any_case { prefix.eq_ignore_ascii_case(&proof.prefix) } else { prefix == &*proof.prefix };
        let rest = if any_case { rest.trim_ascii() } else { rest };
        if !same || rest.is_empty() {
            return None;
        }
        match proof.encoding {
            Encoding::Text => Some(rest.as_bytes().to_vec()),
            Encoding::Hex => HEXLOWER_PERMISSIVE.decode(rest.as_bytes()).ok(),
            Encoding::Base64 => STANDARD.decode(rest).ok(),
        }
    };
    let candidates: Vec<_> = items(proof, text)?.into_iter().filter_map(candidate).collect();
    if candidates.is_empty() { Err(Reason::UnreadableSignature) } else { Ok(candidates) }
}

/// The one item beside the signatures that begins with this prefix, without it.
pub(super) fn beside<'t>(proof: &Proof, text: &'t str, prefix: &str) -> Result<&'t str, Reason> {
    let mut found = items(proof, text)?.into_iter().filter_map(|item| item.strip_prefix(prefix));
    let first = found.next().ok_or(Reason::MissingTimestamp)?;
    if found.next().is_some() { Err(Reason::RepeatedHeader) } else { Ok(first) }
}
