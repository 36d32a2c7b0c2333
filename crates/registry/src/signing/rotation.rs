//! How one secret takes over from another: for a while both sign, so that the receiver can change over when it likes.

use std::time::Duration;

use barid_signature::{InvalidSigner, Scheme};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Fresh, Signing, SigningScheme, SigningSecret};

/// How long an old secret goes on signing beside a new one unless somebody says otherwise: a day.
pub const DEFAULT_OVERLAP: Duration = Duration::from_hours(24);

/// The longest time for which an old secret may go on signing beside a new one: 30 days.
pub const MAX_OVERLAP: Duration = Duration::from_hours(30 * 24);

/// Which scheme of several gets a new secret; by default the only one there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// The one of this name.
    pub scheme: Option<String>,
    /// The one of this header, for who has two of one name.
    pub header: Option<String>,
}

impl Which {
    fn fits(&self, scheme: &Scheme) -> bool {
        self.scheme.as_ref().is_none_or(|name| name == scheme.name())
            && self.header.as_ref().is_none_or(|header| header.eq_ignore_ascii_case(scheme.header()))
    }
}

/// Why a secret cannot be replaced like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrotatable {
    /// No scheme is like this.
    #[error("is no scheme of this subscription: use {0}")]
    NoScheme(String),
    /// Several are.
    #[error("does not say which of several: use {0}")]
    Several(String),
    /// Longer than [`MAX_OVERLAP`].
    #[error("overlap is {}: give at most {}", humantime::format_duration(*.0), humantime::format_duration(MAX_OVERLAP))]
    Overlap(Duration),
    /// The header holds one signature.
    #[error(
        "overlap is not possible with {0}, which carries one signature: leave it out, and the new secret signs at once"
    )]
    OneSignature(&'static str),
    /// Too many secrets would sign at the same time.
    #[error(transparent)]
    Signer(#[from] InvalidSigner),
}

impl Signing {
    /// Signing with a new secret from now on in one of its schemes, and beside it for `overlap` (by default
    /// [`DEFAULT_OVERLAP`], at most [`MAX_OVERLAP`]) with the secrets there are, or for less where one ends earlier. What has
    /// ended is left out. A scheme that carries one signature has no overlap.
    pub fn rotated(
        &self,
        which: &Which,
        fresh: &Fresh,
        overlap: Option<Duration>,
        now: DateTime<Utc>,
    ) -> Result<Self, Unrotatable> {
        let number = self.find(which)?;
        let mut schemes = self.schemes.to_vec();
        if let Some(of) = schemes.get_mut(number) {
            let end = end(&of.scheme, overlap, now)?;
            let shortened = of.keys.iter().map(|key| {
                let until = key.until.map_or(end, |until| until.min(end));
                SigningSecret { key: key.key.clone(), until: Some(until) }
            });
            let old = shortened.filter(|key| key.until.is_some_and(|until| until > now));
            of.keys = fresh.key(number, &of.scheme).map(SigningSecret::from).into_iter().chain(old).collect();
        }
        Ok(Self::new(schemes)?)
    }

    /// The number of the scheme that is meant.
    fn find(&self, which: &Which) -> Result<usize, Unrotatable> {
        let mut fitting = self.schemes.iter().enumerate().filter(|(_, of)| which.fits(&of.scheme));
        match (fitting.next(), fitting.next()) {
            (Some((number, _)), None) => Ok(number),
            (None, _) => Err(Unrotatable::NoScheme(names(&self.schemes))),
            (Some(_), Some(_)) => Err(Unrotatable::Several(names(&self.schemes))),
        }
    }
}

/// When the secrets there are end.
fn end(scheme: &Scheme, overlap: Option<Duration>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Unrotatable> {
    let overlap = match overlap {
        None if scheme.is_single() => Duration::ZERO,
        None => DEFAULT_OVERLAP,
        Some(overlap) if scheme.is_single() && !overlap.is_zero() => {
            return Err(Unrotatable::OneSignature(scheme.name()));
        }
        Some(overlap) => overlap,
    };
    let end = TimeDelta::from_std(overlap).ok().and_then(|overlap| now.checked_add_signed(overlap));
    end.filter(|_| overlap <= MAX_OVERLAP).ok_or(Unrotatable::Overlap(overlap))
}

/// The schemes as a request names them: `stripe, hmac (header x-a) or hmac (header x-b)`.
fn names(schemes: &[SigningScheme]) -> String {
    let is_twice = |scheme: &Scheme| schemes.iter().filter(|of| of.scheme.name() == scheme.name()).count() > 1;
    let name = |of: &SigningScheme| match &of.scheme {
        scheme if is_twice(scheme) => format!("{scheme} (header {})", scheme.header()),
        scheme => scheme.to_string(),
    };
    let names: Vec<_> = schemes.iter().map(name).collect();
    match &names[..] {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}
