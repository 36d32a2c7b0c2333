//! When a rejected delivery is tried again, if ever.
//!
//! The steps of a subscription's schedule implement `backoff`'s trait: they are a back-off policy that survives
//! restarts, since how far it has come travels with the delivery.

use std::time::Duration;

use backoff::backoff::Backoff;
use barid_broker::delay::{Delay, RETRY_AFTER_BITS, SCHEDULE_BITS};
use barid_broker::work::Delivery;
use barid_registry::Schedule;
use chrono::{DateTime, TimeDelta, Utc};

use crate::outcome::Rejected;

/// The longest a receiver can put us off.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// A subscription's schedule, at the step a delivery has come to.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    schedule: &'a Schedule,
    failed: u32,
    dice: f64,
}

impl<'a> Steps<'a> {
    /// After `failed` attempts; `dice`, from 0 to 1, chooses the jitter.
    pub(crate) fn new(schedule: &'a Schedule, failed: u32, dice: f64) -> Self {
        Self { schedule, failed, dice }
    }
}

impl Backoff for Steps<'_> {
    fn next_backoff(&mut self) -> Option<Duration> {
        let delay = self.schedule.after(self.failed, self.dice);
        self.failed += 1;
        delay
    }
}

/// What happens to a rejected delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It waits on the ladder.
    Retry { delay: Delay, due_at: DateTime<Utc> },
    /// Nothing more is tried.
    Dead { reason: &'static str, detail: String },
}

/// Decides what comes after a rejection.
///
/// A receiver's `retry-after` makes the wait longer than the schedule's step, never shorter: a schedule is there to
/// outlast an outage, and a receiver that always asks for one more second would use it up in no time. It is cut to
/// 24 h and to what is left before the delivery expires.
pub(crate) fn next(
    rejection: backoff::Error<Rejected>,
    mut steps: impl Backoff,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> Next {
    let (rejected, retry_after) = match rejection {
        backoff::Error::Permanent(rejected) => {
            return Next::Dead { reason: rejected.reason, detail: rejected.detail };
        }
        backoff::Error::Transient { err, retry_after } => (err, retry_after),
    };
    let Some(step) = steps.next_backoff() else {
        let detail = format!("{} after {} attempts", rejected.detail, delivery.attempts + 1);
        return Next::Dead { reason: "attempts_exhausted", detail };
    };
    let left = (delivery.expires_at - now).to_std().unwrap_or_default();
    // Rounding up on the ladder must not carry a retry over the end.
    let retry_after = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER).min(left / 8 * 7);
    let delay = if retry_after > step {
        Delay::at_least(retry_after, RETRY_AFTER_BITS)
    } else {
        Delay::at_least(step, SCHEDULE_BITS)
    };
    let due_at = now + TimeDelta::from_std(delay.duration()).unwrap_or_default();
    if due_at >= delivery.expires_at {
        let detail = format!("{}; the next attempt would come after {}", rejected.detail, delivery.expires_at);
        return Next::Dead { reason: "expired", detail };
    }
    Next::Retry { delay, due_at }
}

#[cfg(test)]
mod tests {
    use barid_egress::Fault;

    use super::*;

    const NOON: i64 = 1_700_000_000;

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(NOON, 0).unwrap()
    }

    fn delivery(attempts: u32, hours_left: i64) -> Delivery {
        Delivery { attempts, ..Delivery::first("sub_1", noon() + TimeDelta::hours(hours_left)) }
    }

    fn rejected(reason: &'static str) -> Rejected {
        Rejected { reason, fault: Fault::Receiver, detail: "status 503".to_owned() }
    }

    fn after(attempts: u32, retry_after: Option<u64>) -> Next {
        let schedule = Schedule::new([Duration::from_secs(5), Duration::from_mins(5)]).unwrap();
        let rejection = backoff::Error::Transient {
            err: rejected("permanent_status"),
            retry_after: retry_after.map(Duration::from_secs),
        };
        next(rejection, Steps::new(&schedule, attempts + 1, 0.5), &delivery(attempts, 100), noon())
    }

    fn seconds(next: &Next) -> u64 {
        let Next::Retry { delay, .. } = next else { panic!("{next:?}") };
        delay.duration().as_secs()
    }

    #[test]
    fn follows_the_schedule_to_its_end() {
        assert_eq!(seconds(&after(0, None)), 5);
        assert_eq!(seconds(&after(1, None)), 320, "rounded up to four bits");
        assert!(matches!(after(2, None), Next::Dead { reason: "attempts_exhausted", .. }));
    }

    #[test]
    fn retry_after_lengthens_a_step_and_never_shortens_it() {
        assert_eq!(seconds(&after(0, Some(60))), 60);
        assert_eq!(seconds(&after(1, Some(1))), 320);
        assert!(seconds(&after(0, Some(10 * 365 * 86_400))) <= 26 * 3600);
    }

    #[test]
    fn what_is_permanent_ends_at_once_by_its_reason() {
        let schedule = Schedule::default();
        let gone =
            next(backoff::Error::permanent(rejected("gone")), Steps::new(&schedule, 1, 0.5), &delivery(0, 1), noon());
        assert!(matches!(gone, Next::Dead { reason: "gone", .. }));
    }

    #[test]
    fn does_not_wait_past_the_end() {
        let schedule = Schedule::new([Duration::from_hours(2)]).unwrap();
        let rejection = backoff::Error::transient(rejected("permanent_status"));
        let next = next(rejection, Steps::new(&schedule, 1, 0.5), &delivery(0, 1), noon());
        assert!(matches!(next, Next::Dead { reason: "expired", .. }));
    }
}
