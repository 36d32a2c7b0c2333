//! The time of an event: RFC 3339 in text, whole seconds in the AMQP property.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use thiserror::Error;

/// The last year that RFC 3339 can write.
const LAST_YEAR: i32 = 9999;

/// Why an event's time cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTime {
    /// There is none where one is required.
    #[error("time is missing: give it as RFC 3339, such as 2026-11-24T09:30:00.123Z")]
    Missing,
    /// A text that is no RFC 3339 time.
    #[error("time is not RFC 3339: write it like 2026-11-24T09:30:00.123Z")]
    NotRfc3339,
    /// A number of seconds that no calendar reaches; it is usually milliseconds.
    #[error("time {seconds} is beyond the year {LAST_YEAR}: AMQP timestamps count seconds, not milliseconds")]
    BeyondCalendar {
        /// The number given.
        seconds: u64,
    },
}

/// Reads RFC 3339, keeping every fraction of a second it has (down to nanoseconds).
pub(crate) fn parse(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTime::NotRfc3339)?;
    let time = time.with_timezone(&Utc);
    // An offset can move the year out of what RFC 3339 can write.
    if (0..=LAST_YEAR).contains(&time.year()) { Ok(time) } else { Err(InvalidTime::NotRfc3339) }
}

/// Reads an AMQP timestamp: whole seconds since 1970.
pub(crate) fn from_seconds(seconds: u64) -> Result<DateTime<Utc>, InvalidTime> {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .filter(|time| time.year() <= LAST_YEAR)
        .ok_or(InvalidTime::BeyondCalendar { seconds })
}

/// Writes RFC 3339 in UTC with as many digits as the time has.
pub(crate) fn format(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_fraction_and_leaves_the_zone() {
        for (text, written) in [
            ("2026-11-24T09:30:00Z", "2026-11-24T09:30:00Z"),
            ("2026-11-24T09:30:00.123Z", "2026-11-24T09:30:00.123Z"),
            ("2026-11-24T10:30:00.123456+01:00", "2026-11-24T09:30:00.123456Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
        ] {
            assert_eq!(parse(text).map(|time| format(&time)), Ok(written.to_owned()));
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for text in ["", "1764000000", "2026-11-24", "2026-11-24T09:30:00", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(parse(text), Err(InvalidTime::NotRfc3339), "{text}");
        }
    }

    #[test]
    fn suspects_milliseconds() {
        let milliseconds = 1_764_000_000_000;
        assert_eq!(from_seconds(milliseconds), Err(InvalidTime::BeyondCalendar { seconds: milliseconds }));
        assert_eq!(from_seconds(u64::MAX), Err(InvalidTime::BeyondCalendar { seconds: u64::MAX }));
    }
}
