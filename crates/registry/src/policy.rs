//! How a subscription's deliveries are attempted: how many at once, when again, and what ends them for good.

mod body;
mod success;

use std::{ops::RangeInclusive, time::Duration};

pub(crate) use self::body::Rule;
pub use self::{
    body::{BodyFault, BodyRule, InvalidBodyRule, MAX_RULE_TEXT},
    success::{FINAL_STATUS, InvalidStatus, InvalidStatuses, MAX_STATUSES, Otherwise, Status, Success},
};
use crate::schedule::{MAX_TOTAL_DELAY, Schedule};

/// How many requests to one subscription may be allowed at the same time.
pub const MAX_IN_FLIGHT: RangeInclusive<u64> = 1..=256;
/// How many requests to one subscription are allowed at the same time unless it says otherwise.
pub const DEFAULT_MAX_IN_FLIGHT: u16 = 32;
/// The response statuses that may be called permanent; those that count as delivered cannot be.
pub const PERMANENT_STATUS: RangeInclusive<u64> = 200..=599;
/// The response status after which nothing more is tried unless the subscription says otherwise: 410, gone.
pub const DEFAULT_PERMANENT: u16 = 410;
/// The shortest life a delivery may be given.
pub const MIN_HORIZON: Duration = Duration::from_mins(1);
/// The longest life a delivery may be given: as long as a schedule may be.
pub const MAX_HORIZON: Duration = MAX_TOTAL_DELAY;

/// The delivery policy of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    max_in_flight: u16,
    success: Success,
    schedule: Schedule,
    /// In ascending order, each once.
    permanent: Box<[u16]>,
    horizon: Option<Duration>,
}

/// What an answer means for a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is delivered.
    Delivered,
    /// Nothing more is tried.
    Permanent(Unmet),
    /// It is tried again.
    Transient(Unmet),
}

/// Why an answer does not count as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// Its status does not.
    Status,
    /// Its status does, and its body does not.
    Body(BodyFault),
}

/// Why a setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// Not within [`MAX_IN_FLIGHT`].
    #[error("max_in_flight is {0}: give {least} to {most}", least = MAX_IN_FLIGHT.start(), most = MAX_IN_FLIGHT.end())]
    MaxInFlight(u64),
    /// Not within [`PERMANENT_STATUS`].
    #[error("permanent holds the status {0}: give {least} to {most}", least = PERMANENT_STATUS.start(), most = PERMANENT_STATUS.end())]
    Permanent(u64),
    /// Not within [`MIN_HORIZON`] and [`MAX_HORIZON`].
    #[error(
        "horizon is {}: give {} to {}",
        humantime::format_duration(*.0), humantime::format_duration(MIN_HORIZON), humantime::format_duration(MAX_HORIZON)
    )]
    Horizon(Duration),
}

impl Policy {
    /// Allows `number` requests in flight, within [`MAX_IN_FLIGHT`].
    pub fn set_max_in_flight(&mut self, number: u64) -> Result<(), InvalidPolicy> {
        self.max_in_flight = within(&MAX_IN_FLIGHT, number).ok_or(InvalidPolicy::MaxInFlight(number))?;
        Ok(())
    }

    /// Counts as delivered what `success` says.
    pub fn set_success(&mut self, success: Success) {
        self.success = success;
    }

    /// Attempts again by this schedule.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    /// Ends deliveries at once on these response statuses and no others, each within [`PERMANENT_STATUS`].
    pub fn set_permanent(&mut self, statuses: impl IntoIterator<Item = u64>) -> Result<(), InvalidPolicy> {
        let checked = |status| within(&PERMANENT_STATUS, status).ok_or(InvalidPolicy::Permanent(status));
        let mut permanent = statuses.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        permanent.sort_unstable();
        permanent.dedup();
        self.permanent = permanent.into();
        Ok(())
    }

    /// Gives up a delivery this long after its event was routed, within [`MIN_HORIZON`] and [`MAX_HORIZON`].
    pub fn set_horizon(&mut self, horizon: Duration) -> Result<(), InvalidPolicy> {
        if !(MIN_HORIZON..=MAX_HORIZON).contains(&horizon) {
            return Err(InvalidPolicy::Horizon(horizon));
        }
        self.horizon = Some(horizon);
        Ok(())
    }

    /// How many requests may be in flight at the same time.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight.into()
    }

    /// What counts as delivered.
    pub fn success(&self) -> &Success {
        &self.success
    }

    /// When a failed delivery is attempted again.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The response statuses that end a delivery at once, in ascending order.
    pub fn permanent(&self) -> &[u16] {
        &self.permanent
    }

    /// How long after its event was routed a delivery is given up, whatever it waits for; none if only the schedule ends
    /// it.
    pub fn horizon(&self) -> Option<Duration> {
        self.horizon
    }

    /// The first status that counts as delivered and ends a delivery at once too: there must be none.
    pub(crate) fn contradiction(&self) -> Option<u16> {
        self.permanent.iter().copied().find(|&status| self.success.covers(status))
    }

    /// What an answer of this status means, of whose body at least `body` was read, and no more if `truncated`.
    ///
    /// The body is looked at only where the subscription has a rule for it. One that does not decide, because it was not
    /// read to its end, is tried again whatever the rule says: a second delivery with the same id harms less than a lost
    /// one.
    pub fn judge(&self, status: u16, body: &[u8], truncated: bool) -> Judgement {
        if self.success.covers(status) {
            return match self.success.fault(body, truncated) {
                None => Judgement::Delivered,
                Some((fault, Otherwise::Permanent)) if !fault.is_undecided => Judgement::Permanent(Unmet::Body(fault)),
                Some((fault, _)) => Judgement::Transient(Unmet::Body(fault)),
            };
        }
        if self.permanent.binary_search(&status).is_ok() {
            Judgement::Permanent(Unmet::Status)
        } else {
            Judgement::Transient(Unmet::Status)
        }
    }
}

fn within(range: &RangeInclusive<u64>, number: u64) -> Option<u16> {
    range.contains(&number).then(|| u16::try_from(number).ok()).flatten()
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            success: Success::default(),
            schedule: Schedule::default(),
            permanent: [DEFAULT_PERMANENT].into(),
            horizon: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Judgement = Judgement::Transient(Unmet::Status);
    const ENDED: Judgement = Judgement::Permanent(Unmet::Status);

    fn judged(policy: &Policy, status: u16) -> Judgement {
        policy.judge(status, b"", false)
    }

    #[test]
    fn every_2xx_is_delivered_and_only_gone_is_permanent_by_default() {
        let policy = Policy::default();
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(judged(&policy, status), Judgement::Delivered, "{status}");
        }
        for status in [100, 301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503, 999] {
            assert_eq!(judged(&policy, status), REFUSED, "{status}");
        }
        assert_eq!(judged(&policy, 410), ENDED);
    }

    #[test]
    fn permanent_statuses_replace_the_default() {
        let mut policy = Policy::default();
        policy.set_permanent([404]).unwrap();
        assert_eq!((judged(&policy, 404), judged(&policy, 410)), (ENDED, REFUSED));
    }

    #[test]
    fn a_good_status_with_a_wrong_body_is_what_the_rule_says() {
        for (otherwise, is_permanent) in [(Otherwise::Retry, false), (Otherwise::Permanent, true)] {
            let mut success = Success::default();
            success.set_body(BodyRule::contains("ok").unwrap(), otherwise);
            let policy = Policy { success, ..Policy::default() };
            assert_eq!(policy.judge(200, b"ok", true), Judgement::Delivered);
            assert_eq!(policy.judge(503, b"ok", false), REFUSED);
            let judged = policy.judge(200, b"no", false);
            assert_eq!(matches!(judged, Judgement::Permanent(Unmet::Body(_))), is_permanent, "{judged:?}");
            let undecided = policy.judge(200, b"no", true);
            assert!(matches!(undecided, Judgement::Transient(Unmet::Body(_))), "{undecided:?}");
        }
    }

    #[test]
    fn a_status_cannot_be_delivered_and_permanent() {
        let mut policy = Policy::default();
        assert_eq!(policy.contradiction(), None);
        policy.set_permanent([410, 204]).unwrap();
        assert_eq!(policy.contradiction(), Some(204));
    }

    #[test]
    fn refuses_a_horizon_out_of_range() {
        let mut policy = Policy::default();
        let told = policy.set_horizon(Duration::from_secs(59)).unwrap_err().to_string();
        assert_eq!(told, "horizon is 59s: give 1m to 14days");
        assert!(policy.set_horizon(MAX_HORIZON + Duration::from_secs(1)).is_err());
        policy.set_horizon(MIN_HORIZON).unwrap();
        assert_eq!(policy.horizon(), Some(MIN_HORIZON));
    }

    #[test]
    fn refuses_numbers_in_flight_out_of_range() {
        let mut policy = Policy::default();
        assert_eq!(policy.set_max_in_flight(0).unwrap_err().to_string(), "max_in_flight is 0: give 1 to 256");
        assert_eq!(policy.set_max_in_flight(257), Err(InvalidPolicy::MaxInFlight(257)));
        policy.set_max_in_flight(256).unwrap();
        assert_eq!(policy.max_in_flight(), 256);
    }

    #[test]
    fn refuses_a_permanent_status_that_ends_nothing() {
        let refused = Policy::default().set_permanent([410, 100]);
        assert_eq!(refused.unwrap_err().to_string(), "permanent holds the status 100: give 200 to 599");
    }
}
