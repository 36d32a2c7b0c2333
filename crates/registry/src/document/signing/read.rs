//! Which keys a scheme has in a document, and which rule each value obeys.

use barid_headers::Field;
use barid_signature::{
    Algorithm, BareHmac, Encoding, HeaderName, Key, MAX_KEYS, MAX_SCHEMES, Prefix, Scheme, VerifyingKey,
};
use chrono::{DateTime, Utc};

use super::advice;
use crate::{
    cursor::{Cursor, Fields, Keys},
    document::destination::MASK,
    problem::{Problem, Problems},
    signing::SigningSecret,
};

const SIGNING: Keys = Keys {
    known: &["scheme", "secret", "secrets", "public_key", "header", "algorithm", "encoding", "prefix"],
    unsupported: &[],
};
const SECRET: Keys = Keys { known: &["secret", "until"], unsupported: &[] };

/// What the schemes are called, for who named another.
const SCHEMES: &str = "standard, standard-ed25519, github, stripe or hmac";

/// A scheme as a document names it, which may still lack its secrets.
pub(super) struct Named<'y> {
    pub(super) at: Cursor<'y>,
    pub(super) scheme: Scheme,
    pub(super) keys: Option<Vec<SigningSecret>>,
    pub(super) public: Option<(Cursor<'y>, VerifyingKey)>,
}

/// The schemes at a cursor: one, or a list.
pub(super) fn read<'y>(at: &Cursor<'y>, problems: &mut Problems) -> Option<Vec<Named<'y>>> {
    if !at.is_list() {
        return Some(vec![named(at, problems)?]);
    }
    let items = problems.keep(at.items(MAX_SCHEMES))?;
    if items.is_empty() {
        problems.add(at.problem("is empty: name a scheme, or leave signing out"));
        return None;
    }
    // Counts to the end instead of stopping at the first that is refused.
    let read: Vec<_> = items.iter().map(|item| named(item, problems)).collect();
    let schemes = read.into_iter().collect::<Option<Vec<_>>>()?;
    let mut clashes = false;
    for (number, named) in schemes.iter().enumerate() {
        let same = schemes.iter().take(number).find(|earlier| !earlier.scheme.goes_with(&named.scheme));
        if let Some(same) = same {
            let header = named.scheme.header();
            let message =
                format!("sets header {header}, as {} before it: remove one, or use another header", same.scheme);
            problems.add(named.at.problem(message));
            clashes = true;
        }
    }
    (!clashes).then_some(schemes)
}

fn named<'y>(at: &Cursor<'y>, problems: &mut Problems) -> Option<Named<'y>> {
    let fields = at.fields(&SIGNING, problems)?;
    let scheme = scheme(&fields, problems)?;
    let keys = keys(&fields, &scheme, problems);
    let public = fields.get("public_key").map(|at| public(at, &scheme).map(|key| (at.clone(), key)));
    let public = public.map_or(Some(None), |read| problems.keep(read).map(Some));
    Some(Named { at: at.clone(), scheme, keys: keys?, public: public? })
}

fn scheme(fields: &Fields<'_>, problems: &mut Problems) -> Option<Scheme> {
    let at = fields.get("scheme");
    let name = at.map_or(Some("standard"), |at| problems.keep(at.text()))?;
    let of_hmac: &[&str] = &["header", "algorithm", "encoding", "prefix"];
    let (scheme, allowed) = match name {
        "standard" => (Some(Scheme::Standard), &[][..]),
        "standard-ed25519" => (Some(Scheme::StandardEd25519), &[][..]),
        "github" => (Some(Scheme::Github), &[][..]),
        "stripe" => {
            let header = fields.get("header").map_or(Ok(HeaderName::stripe()), header);
            (problems.keep(header).map(|header| Scheme::Stripe { header }), &of_hmac[..1])
        }
        "hmac" => (hmac(fields, problems).map(Scheme::Hmac), of_hmac),
        _ => {
            problems.add(at?.problem(format!("is no scheme: use {SCHEMES}")));
            return None;
        }
    };
    for at in of_hmac.iter().filter(|key| !allowed.contains(key)).filter_map(|key| fields.get(key)) {
        problems.add(at.problem(format!("is fixed by scheme {name}: remove it")));
    }
    scheme
}

fn hmac(fields: &Fields<'_>, problems: &mut Problems) -> Option<BareHmac> {
    let at = fields.get("header").ok_or_else(|| fields.missing(&["header"], "name it, such as x-signature"));
    let header = problems.keep(at.and_then(header));
    // What is refused is left at its default, since the document is refused with it.
    let algorithm = fields.optional("algorithm", problems, Cursor::parse::<Algorithm>).unwrap_or_default();
    let encoding = fields.optional("encoding", problems, Cursor::parse::<Encoding>).unwrap_or_default();
    let prefix = fields.optional("prefix", problems, Cursor::parse::<Prefix>).unwrap_or_default();
    Some(BareHmac { header: header?, algorithm, encoding, prefix })
}

/// A header that a signature may travel in.
fn header(at: &Cursor<'_>) -> Result<HeaderName, Problem> {
    let name = at.parse::<HeaderName>()?;
    at.check(Field::of_user(name.as_str(), "")).map(|_| name)
}

fn public(at: &Cursor<'_>, scheme: &Scheme) -> Result<VerifyingKey, Problem> {
    match scheme {
        Scheme::StandardEd25519 => at.parse(),
        _ => Err(at.problem(format!("belongs to scheme standard-ed25519: {scheme} has none, remove it"))),
    }
}

/// The secrets, or `Some(None)` where none is named.
#[expect(clippy::option_option, reason = "refused, not named and named are three answers")]
fn keys(fields: &Fields<'_>, scheme: &Scheme, problems: &mut Problems) -> Option<Option<Vec<SigningSecret>>> {
    let keys = match (fields.get("secret"), fields.get("secrets")) {
        (Some(at), None) => vec![problems.keep(key(at, scheme))?.into()],
        (None, Some(at)) => several(at, scheme, problems)?,
        (Some(_), Some(at)) => {
            problems.add(at.problem("is there beside secret: put all of them here and remove secret"));
            return None;
        }
        (None, None) => return Some(None),
    };
    Some(Some(keys))
}

fn several(at: &Cursor<'_>, scheme: &Scheme, problems: &mut Problems) -> Option<Vec<SigningSecret>> {
    let items = problems.keep(at.items(MAX_KEYS))?;
    let read: Vec<_> = items.iter().map(|item| signing_secret(item, scheme, problems)).collect();
    let keys = read.into_iter().collect::<Option<Vec<_>>>()?;
    let problem = match keys.len() {
        0 => "is empty: give at least one, or leave it out".to_owned(),
        2.. if scheme.is_single() => format!("has several, and {scheme} carries one signature: keep the newest"),
        _ => return Some(keys),
    };
    problems.add(at.problem(problem));
    None
}

/// A secret as text, or as `{secret, until}`.
fn signing_secret(at: &Cursor<'_>, scheme: &Scheme, problems: &mut Problems) -> Option<SigningSecret> {
    if at.is_text() {
        return problems.keep(key(at, scheme)).map(SigningSecret::from);
    }
    let fields = at.fields(&SECRET, problems)?;
    let until = fields.get("until").map_or(Some(None), |at| problems.keep(at.parse::<DateTime<Utc>>()).map(Some));
    let key = problems.keep(fields.require("secret").and_then(|at| key(at, scheme)));
    Some(SigningSecret { key: key?, until: until? })
}

fn key(at: &Cursor<'_>, scheme: &Scheme) -> Result<Key, Problem> {
    let text = at.text()?;
    if text.contains(MASK) {
        return Err(at.problem("is masked: leave it out to keep it, or give the whole secret"));
    }
    scheme.parse_key(text).map_err(|error| at.problem(format!("{error}, or {}", advice(scheme))))
}
