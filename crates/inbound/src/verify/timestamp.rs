//! When a request says it was made, and whether that is near enough to now.

use barid_registry::source::verification::{Timestamp, Unit};
use chrono::{DateTime, TimeDelta, Utc};

use crate::Reason;

/// How much older than `now` the request is; negative if it comes from the future.
pub(super) fn age(timestamp: &Timestamp, written: &str, now: DateTime<Utc>) -> Result<TimeDelta, Reason> {
    let whole = || {
        let is_plain = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| written.parse::<i64>().ok()).flatten()
    };
    let time = match timestamp.unit {
        Unit::Seconds => whole().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        Unit::Milliseconds => whole().and_then(DateTime::from_timestamp_millis),
        Unit::Rfc3339 => DateTime::parse_from_rfc3339(written).ok().map(|time| time.with_timezone(&Utc)),
    };
    time.map(|time| now - time).ok_or(Reason::UnreadableTimestamp)
}

/// Whether that is within the tolerance, to whole seconds: what has no fraction is compared without one.
pub(super) fn check(timestamp: &Timestamp, age: TimeDelta) -> Result<(), Reason> {
    let tolerance = i64::try_from(timestamp.tolerance.as_secs()).unwrap_or(i64::MAX);
    match age.num_seconds() {
        seconds if seconds > tolerance => Err(Reason::Stale),
        seconds if seconds < -tolerance => Err(Reason::Premature),
        _ => Ok(()),
    }
}
