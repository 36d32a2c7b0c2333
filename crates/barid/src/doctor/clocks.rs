//! Whether this machine's clock is right: receivers refuse what was signed at another time than theirs.

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;

const CHECK: &str = "clock";

/// What may come from the way, and from dates that know no fractions of a second.
const UNREMARKABLE: TimeDelta = TimeDelta::seconds(5);

/// Receivers of Standard Webhooks commonly allow five minutes; well before, it must be told.
const INTOLERABLE: TimeDelta = TimeDelta::minutes(2);

/// Compares our clock with a `Date` field of another machine, or of this one.
pub(super) fn examine(date: Option<&str>, ours: DateTime<Utc>) -> Finding {
    let Some(theirs) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return Finding::skipped(CHECK, "no gateway tells its time, and the broker never does");
    };
    let difference = (ours - theirs.with_timezone(&Utc)).abs();
    let text = format!("{} s between this machine and the gateway", difference.num_seconds());
    let advice = "run a time service (chrony, systemd-timesyncd) on both";
    if difference <= UNREMARKABLE {
        Finding::ok(CHECK, text)
    } else if difference <= INTOLERABLE {
        Finding::warning(CHECK, text, advice)
    } else {
        Finding::failed(CHECK, format!("{text}: receivers will refuse signatures"), advice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn tells_small_differences_from_large_ones() {
        let ours = DateTime::from_timestamp(784_111_777, 0).unwrap();
        for (date, status) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Status::Ok),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Status::Warning),
            ("Sun, 06 Nov 1994 07:49:37 GMT", Status::Failed),
            ("yesterday", Status::Skipped),
        ] {
            assert_eq!(examine(Some(date), ours).status, status, "{date}");
        }
        assert_eq!(examine(None, ours).status, Status::Skipped);
    }
}
