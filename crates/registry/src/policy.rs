//! How a subscription's deliveries are attempted: how many at once, when again, and what ends them for good.

use std::ops::RangeInclusive;

use crate::schedule::Schedule;

/// How many requests to one subscription may be allowed at the same time.
pub const MAX_IN_FLIGHT: RangeInclusive<u64> = 1..=256;
/// How many requests to one subscription are allowed at the same time unless it says otherwise.
pub const DEFAULT_MAX_IN_FLIGHT: u16 = 32;
/// The response statuses that may be called permanent: every one that is no success.
pub const PERMANENT_STATUS: RangeInclusive<u64> = 300..=599;
/// The response status after which nothing more is tried unless the subscription says otherwise: 410, gone.
pub const DEFAULT_PERMANENT: u16 = 410;

/// The delivery policy of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    max_in_flight: u16,
    schedule: Schedule,
    /// In ascending order, each once.
    permanent: Box<[u16]>,
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
}

impl Policy {
    /// Allows `number` requests in flight, within [`MAX_IN_FLIGHT`].
    pub fn set_max_in_flight(&mut self, number: u64) -> Result<(), InvalidPolicy> {
        self.max_in_flight = within(&MAX_IN_FLIGHT, number).ok_or(InvalidPolicy::MaxInFlight(number))?;
        Ok(())
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

    /// How many requests may be in flight at the same time.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight.into()
    }

    /// When a failed delivery is attempted again.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The response statuses that end a delivery at once, in ascending order.
    pub fn permanent(&self) -> &[u16] {
        &self.permanent
    }

    /// Whether a response of this status ends the delivery at once.
    pub fn is_permanent(&self, status: u16) -> bool {
        self.permanent.binary_search(&status).is_ok()
    }
}

fn within(range: &RangeInclusive<u64>, number: u64) -> Option<u16> {
    range.contains(&number).then(|| u16::try_from(number).ok()).flatten()
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            schedule: Schedule::default(),
            permanent: [DEFAULT_PERMANENT].into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_is_permanent_by_default_and_nothing_else() {
        assert!(Policy::default().is_permanent(410));
        assert!(!Policy::default().is_permanent(404));
    }

    #[test]
    fn permanent_statuses_replace_the_default() {
        let mut policy = Policy::default();
        policy.set_permanent([404]).unwrap();
        assert!(policy.is_permanent(404));
        assert!(!policy.is_permanent(410));
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
    fn refuses_a_success_as_permanent_failure() {
        let refused = Policy::default().set_permanent([410, 204]);
        assert_eq!(refused.unwrap_err().to_string(), "permanent holds the status 204: give 300 to 599");
    }
}
