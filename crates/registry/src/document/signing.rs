//! The key `signing` of a document, one scheme or a list of them: read into settings, and written from them.

mod read;
mod write;

use barid_signature::Scheme;

use self::read::{Named, read};
pub use self::write::reveal;
pub(super) use self::write::write;
use super::Reading;
use crate::{
    cursor::{Cursor, Fields},
    destination::Destination,
    problem::{Problem, Problems},
    signing::{Fresh, Signing, SigningScheme},
};

/// For who has no store beside the file in which a generated secret could be kept.
pub(super) fn advice(scheme: &Scheme) -> &'static str {
    match scheme {
        Scheme::Standard => "make one with: echo whsec_$(openssl rand -base64 32)",
        Scheme::StandardEd25519 => "make one with: echo whsk_$(openssl rand -base64 32)",
        Scheme::Github | Scheme::Stripe { .. } | Scheme::Hmac(_) => "make one with: openssl rand -hex 32",
    }
}

/// What signs, as the fields of a document say, to this destination; nothing after adding a problem. `reading` has the
/// secrets that the document does not name: without it, schemes may lack theirs, and nothing signs yet.
pub(super) fn of(
    fields: &Fields<'_>,
    destination: Option<&Destination>,
    reading: Option<&Reading<'_>>,
    problems: &mut Problems,
) -> Option<Signing> {
    let Some(at) = fields.get("signing") else {
        let signing = problems.keep(unnamed(fields, reading?))?;
        if let Some(message) = signing.signer().names().find_map(|header| clash(header, destination)) {
            problems.add(fields.faulty("signing", message));
        }
        return Some(signing);
    };
    let named = read(at, problems)?;
    for Named { at, scheme, .. } in &named {
        if let Some(message) = clash(scheme.header(), destination) {
            problems.add(at.problem(message));
        }
    }
    complete(named, at, reading?, problems)
}

/// Why a signature cannot travel in a header, if the destination sets it as well.
fn clash(header: &str, destination: Option<&Destination>) -> Option<String> {
    let access = destination?.access()?;
    let by = if access.headers().iter().any(|field| field.name() == header) {
        "destination.headers"
    } else if access.auth().header().is_some_and(|name| name.eq_ignore_ascii_case(header)) {
        "destination.auth"
    } else {
        return None;
    };
    Some(format!("sets header {header}, as {by} does: use another header"))
}

/// Signing as named. A scheme without secrets keeps those that the same scheme has in the reading, else gets a fresh one.
fn complete(
    named: Vec<Named<'_>>,
    whole: &Cursor<'_>,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Option<Signing> {
    let mut schemes = Vec::with_capacity(named.len());
    for (number, Named { at, scheme, keys, public }) in named.into_iter().enumerate() {
        let kept = || {
            let of = reading.signing?.schemes().iter().find(|of| of.scheme.is_like(&scheme))?;
            Some(of.keys.clone())
        };
        let made = || Some(vec![reading.fresh?.key(number, &scheme)?.into()]);
        let missing = || at.missing(&["secret"], advice(&scheme));
        let keys = problems.keep(keys.or_else(kept).or_else(made).ok_or_else(missing));
        if let (Some(keys), Some((at, public))) = (&keys, public)
            && keys.first().and_then(|newest| newest.key.public()) != Some(public)
        {
            problems.add(at.problem("does not belong to the newest secret: remove it, or give its secret"));
        }
        schemes.push(keys.map(|keys| SigningScheme { scheme, keys }));
    }
    let schemes = schemes.into_iter().collect::<Option<Vec<_>>>()?;
    problems.keep(whole.check(Signing::new(schemes)))
}

/// Signing for a document that does not speak of it: as it was, or by Standard Webhooks with a fresh secret.
fn unnamed(fields: &Fields<'_>, reading: &Reading<'_>) -> Result<Signing, Problem> {
    let signing = reading.signing.cloned().or_else(|| reading.fresh.map(Fresh::signing));
    signing.ok_or_else(|| fields.missing(&["signing", "secret"], advice(&Scheme::Standard)))
}
