//! From a document to a verification: which keys each scheme has, and which of them need each other.

use std::time::Duration;

use super::{
    Algorithm, DEFAULT_SKEW, Encoding, Hash, KeyForm, MAX_SKEW, Part, Proof, ProofPlace, Signature, Signed, Timestamp,
    TimestampPlace, Unit, Verification,
};
use crate::{
    cursor::{Cursor, Fields, Keys},
    problem::{Problem, Problems},
};

/// The longest name of a header or parameter, prefix and pointer, in bytes.
const MAX_TEXT: usize = 200;

const VERIFICATION: Keys = Keys {
    known: &["scheme", "algorithm", "signature", "timestamp", "id", "signed", "secret", "body_hash"],
    unsupported: &[],
};
const PROOF: Keys = Keys { known: &["header", "query", "body", "separator", "prefix", "encoding"], unsupported: &[] };
const TIMESTAMP: Keys = Keys { known: &["header", "beside", "unit", "tolerance"], unsupported: &[] };
const SECRET: Keys = Keys { known: &["form", "prefix"], unsupported: &[] };

/// The verification at a cursor.
pub(in crate::source) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Verification> {
    let fields = at.fields(&VERIFICATION, problems)?;
    let scheme = problems.keep(fields.require("scheme"))?;
    match problems.keep(scheme.text())? {
        "url-secret" => Some(Verification::Token),
        "shared-secret" => proof(&fields, Encoding::Text, problems).map(Verification::Secret),
        "hmac" => signature(&fields, |hash| hash.map(Algorithm::Hmac), problems),
        "plain-hash" => signature(&fields, |hash| hash.map(Algorithm::Plain), problems),
        "asymmetric" => signature(&fields, |_| None, problems),
        _ => {
            problems
                .add(scheme.problem("is no scheme: use hmac, plain-hash, asymmetric, shared-secret, or url-secret"));
            None
        }
    }
}

fn signature(
    fields: &Fields<'_>,
    keyed: impl Fn(Option<Hash>) -> Option<Algorithm>,
    problems: &mut Problems,
) -> Option<Verification> {
    let algorithm = problems.keep(fields.require("algorithm").and_then(|at| algorithm(at, keyed)));
    let proof = proof(fields, Encoding::Hex, problems);
    let signed = problems.keep(fields.require("signed").and_then(Cursor::parse::<Signed>));
    let timestamp = fields.get("timestamp").map_or(Some(None), |at| self::timestamp(at, problems).map(Some));
    let id = fields.optional("id", problems, header);
    let key = fields.get("secret").map_or(Some(KeyForm::Text), |at| key_form(at, problems));
    let body_hash = fields.optional("body_hash", problems, |at| at.line(MAX_TEXT).map(Box::from));
    let (algorithm, proof, signed, timestamp, key) = (algorithm?, proof?, signed?, timestamp?, key?);
    let needs = [
        (Part::Timestamp, "timestamp", timestamp.is_some()),
        (Part::Id, "id", id.is_some()),
        (Part::Secret, "algorithm", matches!(algorithm, Algorithm::Plain(_))),
    ];
    for (part, key, is_there) in needs {
        if signed.has(&part) != is_there {
            let named = format!("{{{key}}}");
            let advice = match part {
                Part::Secret => "a plain hash must sign {secret}, and nothing else may".to_owned(),
                _ if is_there => format!("add {named} to signed, or remove it: what is not signed proves nothing"),
                _ => format!("signed has {named}: say here where it is"),
            };
            problems.add(fields.faulty(key, advice));
        }
    }
    if body_hash.is_some() && !signed.has(&Part::Url) {
        problems
            .add(fields.faulty("body_hash", "add {url} to signed, or remove it: what is not signed proves nothing"));
    }
    Some(Verification::Signature(Box::new(Signature { algorithm, proof, signed, timestamp, id, key, body_hash })))
}

fn algorithm(at: &Cursor<'_>, keyed: impl Fn(Option<Hash>) -> Option<Algorithm>) -> Result<Algorithm, Problem> {
    let text = at.text()?;
    let hash = match text {
        "sha1" => Some(Hash::Sha1),
        "sha256" => Some(Hash::Sha256),
        "sha512" => Some(Hash::Sha512),
        _ => None,
    };
    let is_keyed = keyed(Some(Hash::Sha256)).is_some();
    let asymmetric = match text {
        "ed25519" if !is_keyed => Some(Algorithm::Ed25519),
        "ecdsa-p256" if !is_keyed => Some(Algorithm::EcdsaP256),
        _ => None,
    };
    let allowed = if is_keyed { "sha1, sha256 or sha512" } else { "ed25519 or ecdsa-p256" };
    asymmetric
        .or_else(|| keyed(hash))
        .ok_or_else(|| at.problem(format!("is no algorithm of this scheme: use {allowed}")))
}

fn proof(fields: &Fields<'_>, encoding: Encoding, problems: &mut Problems) -> Option<Proof> {
    let at = problems.keep(fields.require("signature"))?;
    let fields = at.fields(&PROOF, problems)?;
    let places = [
        fields.optional("header", problems, header).map(ProofPlace::Header),
        fields.optional("query", problems, |at| at.line(MAX_TEXT).map(Box::from)).map(ProofPlace::Query),
        fields.optional("body", problems, pointer).map(ProofPlace::Body),
    ];
    let mut places = places.into_iter().flatten();
    let (place, another) = (places.next(), places.next());
    if place.is_none() || another.is_some() {
        problems.add(at.problem("says not where: give one of header, query and body"));
    }
    let separator = fields.optional("separator", problems, separator);
    let prefix = fields.optional("prefix", problems, |at| at.line(MAX_TEXT)).unwrap_or_default();
    let encoding = fields.optional("encoding", problems, self::encoding).unwrap_or(encoding);
    Some(Proof { place: place?, separator, prefix: prefix.into(), encoding })
}

fn timestamp(at: &Cursor<'_>, problems: &mut Problems) -> Option<Timestamp> {
    let fields = at.fields(&TIMESTAMP, problems)?;
    let header = fields.optional("header", problems, header).map(TimestampPlace::Header);
    let beside = fields.optional("beside", problems, |at| at.line(MAX_TEXT).map(Box::from)).map(TimestampPlace::Beside);
    if header.is_some() == beside.is_some() {
        problems.add(at.problem("says not where: give one of header and beside"));
    }
    let unit = fields.optional("unit", problems, unit).unwrap_or(Unit::Seconds);
    let tolerance = fields.optional("tolerance", problems, tolerance).unwrap_or(DEFAULT_SKEW);
    Some(Timestamp { place: header.or(beside)?, unit, tolerance })
}

/// `base64`, or `{form: base64, prefix: whsec_}`.
fn key_form(at: &Cursor<'_>, problems: &mut Problems) -> Option<KeyForm> {
    let (form, prefix) = if at.is_text() {
        (at.clone(), String::new())
    } else {
        let fields = at.fields(&SECRET, problems)?;
        let prefix = fields.optional("prefix", problems, |at| at.line(MAX_TEXT)).unwrap_or_default();
        (problems.keep(fields.require("form"))?.clone(), prefix)
    };
    let known = form.text().and_then(|text| match text {
        "text" => Ok(KeyForm::Text),
        "html" => Ok(KeyForm::Html),
        "base64" => Ok(KeyForm::Base64(prefix.into())),
        _ => Err(form.problem("is no form of a secret: use text, html or base64")),
    });
    problems.keep(known)
}

fn header(at: &Cursor<'_>) -> Result<Box<str>, Problem> {
    let name = at.line(MAX_TEXT)?;
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_good) {
        return Err(at.problem("is no name of a header: write it with lower-case letters, digits and -"));
    }
    Ok(name.into())
}

fn pointer(at: &Cursor<'_>) -> Result<Box<str>, Problem> {
    let pointer = at.line(MAX_TEXT)?;
    if pointer.starts_with('/') { Ok(pointer.into()) } else { Err(at.problem("is no json pointer: begin it with /")) }
}

fn separator(at: &Cursor<'_>) -> Result<char, Problem> {
    let text = at.line(MAX_TEXT)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(at.problem("is not one character: give one")),
    }
}

fn encoding(at: &Cursor<'_>) -> Result<Encoding, Problem> {
    match at.text()? {
        "text" => Ok(Encoding::Text),
        "hex" => Ok(Encoding::Hex),
        "base64" => Ok(Encoding::Base64),
        _ => Err(at.problem("is no encoding: use hex, base64 or text")),
    }
}

fn unit(at: &Cursor<'_>) -> Result<Unit, Problem> {
    match at.text()? {
        "seconds" => Ok(Unit::Seconds),
        "milliseconds" => Ok(Unit::Milliseconds),
        "rfc3339" => Ok(Unit::Rfc3339),
        _ => Err(at.problem("is no unit: use seconds, milliseconds or rfc3339")),
    }
}

fn tolerance(at: &Cursor<'_>) -> Result<Duration, Problem> {
    let tolerance = at.duration()?;
    if tolerance > MAX_SKEW {
        return Err(at.problem(format!("is too long: give at most {}", humantime::format_duration(MAX_SKEW))));
    }
    Ok(tolerance)
}
