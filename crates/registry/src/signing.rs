//! The secrets that sign a subscription's deliveries, and how one takes over from another: for a while both sign, so that
//! the receiver can change over when it likes.

use std::time::Duration;

use barid_signature::{InvalidSigner, Key, Secret, Signer};
use chrono::{DateTime, TimeDelta, Utc};

/// The longest time for which an old secret may go on signing beside a new one: 30 days.
pub const MAX_OVERLAP: Duration = Duration::from_hours(30 * 24);

/// One secret, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret.
    pub secret: Secret,
    /// Attempts later than this are not signed with it; `None`: it has no end.
    pub until: Option<DateTime<Utc>>,
}

impl From<Secret> for SigningSecret {
    fn from(secret: Secret) -> Self {
        Self { secret, until: None }
    }
}

/// How deliveries are signed: 1 to [`MAX_KEYS`](barid_signature::MAX_KEYS) secrets, the newest first. Its `Debug` shows
/// none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    keys: Box<[SigningSecret]>,
    signer: Signer,
}

/// Why secrets cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigning {
    /// None, or too many.
    #[error(transparent)]
    Keys(#[from] InvalidSigner),
    /// Longer than [`MAX_OVERLAP`].
    #[error("overlap is {}: give at most {}", humantime::format_duration(*.0), humantime::format_duration(MAX_OVERLAP))]
    Overlap(Duration),
}

impl Signing {
    /// Signing with these secrets, the newest first.
    pub fn new(keys: impl IntoIterator<Item = SigningSecret>) -> Result<Self, InvalidSigning> {
        let keys: Box<[_]> = keys.into_iter().collect();
        let ends = keys.iter().map(|key| (Key::from(key.secret.clone()), key.until.map(|until| until.timestamp())));
        let signer = Signer::with_ends(ends)?;
        Ok(Self { keys, signer })
    }

    /// The secrets, the newest first.
    pub fn keys(&self) -> &[SigningSecret] {
        &self.keys
    }

    /// What signs with them.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Signing with `fresh` from now on, and beside it for `overlap` (at most [`MAX_OVERLAP`]) with the secrets there are,
    /// or for less where one ends earlier. What has ended is left out.
    pub fn rotated(&self, fresh: Secret, overlap: Duration, now: DateTime<Utc>) -> Result<Self, InvalidSigning> {
        let refused = || InvalidSigning::Overlap(overlap);
        if overlap > MAX_OVERLAP {
            return Err(refused());
        }
        let end = TimeDelta::from_std(overlap)
            .ok()
            .and_then(|overlap| now.checked_add_signed(overlap))
            .ok_or_else(refused)?;
        let shortened = self.keys.iter().map(|key| {
            let until = key.until.map_or(end, |until| until.min(end));
            SigningSecret { secret: key.secret.clone(), until: Some(until) }
        });
        let old = shortened.filter(|key| key.until.is_some_and(|until| until > now));
        Self::new([fresh.into()].into_iter().chain(old))
    }
}

impl From<Secret> for Signing {
    fn from(secret: Secret) -> Self {
        let signer = Signer::from(Key::from(secret.clone()));
        Self { keys: [secret.into()].into(), signer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn secret(byte: u8) -> Secret {
        Secret::generate(|bytes| bytes.fill(byte))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn ends(signing: &Signing) -> Vec<Option<i64>> {
        signing.keys().iter().map(|key| key.until.map(|until| until.timestamp())).collect()
    }

    #[test]
    fn the_old_secret_signs_beside_the_new_one_for_the_overlap() {
        let rotated = Signing::from(secret(1)).rotated(secret(2), HOUR, at(1_000)).unwrap();
        assert_eq!(rotated.keys()[0], secret(2).into());
        assert_eq!(ends(&rotated), [None, Some(4_600)]);
        let both = rotated.signer().header("msg_1", 4_600, b"");
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(rotated.signer().header("msg_1", 4_601, b"").split(' ').count(), 1);
    }

    #[test]
    fn rotating_again_prolongs_nothing_and_forgets_what_has_ended() {
        let once = Signing::from(secret(1)).rotated(secret(2), HOUR, at(0)).unwrap();
        assert_eq!(ends(&once.rotated(secret(3), 2 * HOUR, at(1_800)).unwrap()), [None, Some(9_000), Some(3_600)]);
        assert_eq!(ends(&once.rotated(secret(3), HOUR, at(3_600)).unwrap()), [None, Some(7_200)]);
    }

    #[test]
    fn no_overlap_leaves_the_new_secret_alone() {
        assert_eq!(ends(&Signing::from(secret(1)).rotated(secret(2), Duration::ZERO, at(0)).unwrap()), [None]);
    }

    #[test]
    fn refuses_an_overlap_too_long() {
        let refused = Signing::from(secret(1)).rotated(secret(2), MAX_OVERLAP + HOUR, at(0)).unwrap_err();
        assert_eq!(refused.to_string(), "overlap is 30days 1h: give at most 30days");
    }

    #[test]
    fn refuses_no_secrets_and_too_many() {
        assert_eq!(Signing::new([]), Err(InvalidSigning::Keys(InvalidSigner::NoKey)));
        let many = (0..9).map(|byte| secret(byte).into());
        assert_eq!(Signing::new(many), Err(InvalidSigning::Keys(InvalidSigner::TooManyKeys)));
    }
}
