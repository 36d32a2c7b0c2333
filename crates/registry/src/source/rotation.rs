//! How one secret of a source takes over from another: for a while both verify, so that the provider can change over when it
//! likes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    secret::{MAX_SOURCE_SECRETS, SecretText, SourceSecret},
    settings::SourceSettings,
};

/// More than [`MAX_SOURCE_SECRETS`] secrets would count at the same time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("leaves more than {MAX_SOURCE_SECRETS} secrets: give 0s, or wait until old ones have ended")]
pub struct TooManySecrets;

impl SourceSettings {
    /// With the new secret first; those there were end after `overlap`, or when they would have ended, if that is before.
    pub fn rotated(&self, fresh: SecretText, overlap: Duration, now: DateTime<Utc>) -> Result<Self, TooManySecrets> {
        let until =
            TimeDelta::from_std(overlap).ok().and_then(|overlap| now.checked_add_signed(overlap)).unwrap_or(now);
        let old = self.secrets.iter().filter(|old| !overlap.is_zero() && old.is_active(now) && old.secret != fresh);
        let old =
            old.map(|old| SourceSecret { until: Some(old.until.map_or(until, |ends| ends.min(until))), ..old.clone() });
        let old: Vec<_> = old.collect();
        if old.len() >= MAX_SOURCE_SECRETS {
            return Err(TooManySecrets);
        }
        let secrets = std::iter::once(SourceSecret { secret: fresh, until: None }).chain(old).collect();
        Ok(Self { secrets, ..self.clone() })
    }
}
