//! When a key ends.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::exit::Usage;

/// `after` from `now`, as RFC 3339.
pub(super) fn at(now: DateTime<Utc>, after: Duration) -> Result<String, Usage> {
    let end = TimeDelta::from_std(after).ok().and_then(|after| now.checked_add_signed(after));
    match end {
        Some(end) if !after.is_zero() => Ok(end.to_rfc3339_opts(SecondsFormat::Secs, true)),
        _ => Err(Usage(
            "--expires is no time that can be kept: write 90d, or leave it out for a key without end".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_now() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        assert_eq!(at(now, Duration::from_hours(90 * 24)).unwrap(), "1970-04-01T00:00:00Z");
        assert!(at(now, Duration::ZERO).is_err());
        assert!(at(now, Duration::MAX).is_err());
    }
}
