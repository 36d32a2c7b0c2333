//! When the next attempt of a delivery is due: a list of delays, jittered so that deliveries which failed together do not
//! come back together. Pure: the dice are an argument.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

/// The most delays a schedule may have.
pub const MAX_DELAYS: usize = 32;
/// The shortest delay: the delay ladder counts whole seconds.
pub const MIN_DELAY: Duration = SECOND;
/// The longest delay, also after jitter: what the delay ladder covers.
pub const MAX_DELAY: Duration = Duration::from_hours(72);
/// The longest sum of all delays of a schedule, 14 days.
pub const MAX_TOTAL_DELAY: Duration = Duration::from_hours(14 * 24);

/// How far jitter moves a delay, as a fraction of it, in both directions.
const JITTER: f64 = 0.2;
/// The delay ladder keeps four significant bits and rounds up: at most an eighth is added.
const LADDER_ROUNDING: f64 = 1.0 + 1.0 / 8.0;
/// How late the ladder may let go of a delivery: generous, measured is 0.13 s.
const LADDER_LATENESS: Duration = Duration::from_secs(2);

/// The delays of the Standard Webhooks specification: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
const STANDARD: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// What nearly every subscription has, kept once.
static DEFAULT: LazyLock<Schedule> = LazyLock::new(|| Schedule(STANDARD.into()));

/// The delays between the attempts of a delivery, so one attempt more than there are delays. No delays: a single attempt.
/// Cheap to clone, and the default is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Arc<[Duration]>);

/// Why a list of delays is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// More than [`MAX_DELAYS`].
    #[error("schedule has {0} delays: give at most {MAX_DELAYS}")]
    TooMany(usize),
    /// A delay is not within [`MIN_DELAY`] and [`MAX_DELAY`].
    #[error(
        "schedule has a delay of {}: give {} to {}",
        humantime::format_duration(*.0), humantime::format_duration(MIN_DELAY), humantime::format_duration(MAX_DELAY)
    )]
    OutOfRange(Duration),
    /// The sum of all delays exceeds [`MAX_TOTAL_DELAY`].
    #[error(
        "schedule takes {} in all: give at most {}",
        humantime::format_duration(*.0), humantime::format_duration(MAX_TOTAL_DELAY)
    )]
    TooLong(Duration),
}

impl Schedule {
    /// A schedule of these delays, in this order.
    pub fn new(delays: impl AsRef<[Duration]>) -> Result<Self, InvalidSchedule> {
        let delays = delays.as_ref();
        if delays == STANDARD {
            return Ok(Self::default());
        }
        if delays.len() > MAX_DELAYS {
            return Err(InvalidSchedule::TooMany(delays.len()));
        }
        if let Some(&delay) = delays.iter().find(|delay| !(MIN_DELAY..=MAX_DELAY).contains(*delay)) {
            return Err(InvalidSchedule::OutOfRange(delay));
        }
        let total = delays.iter().sum();
        if total > MAX_TOTAL_DELAY {
            return Err(InvalidSchedule::TooLong(total));
        }
        Ok(Self(delays.into()))
    }

    /// The delays, before jitter.
    pub fn delays(&self) -> &[Duration] {
        &self.0
    }

    /// How long to wait after the `failed_attempts`-th attempt failed (the first is 1), or `None` when there is no other.
    /// Before any attempt (0) there is nothing to wait for.
    ///
    /// `dice` in 0..1 picks the point between 80 % and 120 % of the delay; the result never exceeds [`MAX_DELAY`].
    pub fn after(&self, failed_attempts: u32, dice: f64) -> Option<Duration> {
        let Some(index) = failed_attempts.checked_sub(1) else {
            return Some(Duration::ZERO);
        };
        let delay = *self.0.get(usize::try_from(index).ok()?)?;
        let factor = 1.0 - JITTER + 2.0 * JITTER * dice.clamp(0.0, 1.0);
        // A dice that is no number leaves the delay as it is.
        let jittered = Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(delay);
        Some(jittered.min(MAX_DELAY))
    }

    /// The longest time from the start of the first attempt to the end of the last, if each attempt takes at most
    /// `timeout`: every delay at its highest jitter and rounded up by the delay ladder. Waiting in lanes is not in it.
    pub fn horizon(&self, timeout: Duration) -> Duration {
        let retries: Duration = self.0.iter().map(|&delay| longest(delay) + timeout).sum();
        retries + timeout
    }
}

/// The latest that the ladder lets go of a delivery delayed by `delay`.
fn longest(delay: Duration) -> Duration {
    let jittered = delay.mul_f64(1.0 + JITTER).min(MAX_DELAY);
    // Adding a second covers the rounding up to a whole one.
    (jittered + SECOND).mul_f64(LADDER_ROUNDING) + LADDER_LATENESS
}

impl Default for Schedule {
    /// The delays of the Standard Webhooks specification.
    fn default() -> Self {
        DEFAULT.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(delays: &[u64]) -> Result<Schedule, InvalidSchedule> {
        Schedule::new(delays.iter().copied().map(Duration::from_secs).collect::<Vec<_>>())
    }

    /// What the delay ladder does to a delay: whole seconds, then four significant bits, both rounded up.
    fn ladder(delay: Duration) -> Duration {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        let step = 1 << (u64::BITS - seconds.leading_zeros()).saturating_sub(4);
        Duration::from_secs(seconds.next_multiple_of(step))
    }

    #[test]
    fn the_default_is_valid() {
        assert_eq!(Schedule::new(Schedule::default().delays()), Ok(Schedule::default()));
    }

    #[test]
    fn the_middle_of_the_dice_is_the_delay_itself() {
        assert_eq!(Schedule::default().after(2, 0.5), Some(Duration::from_mins(5)));
    }

    #[test]
    fn nothing_failed_means_nothing_to_wait_for() {
        assert_eq!(Schedule::default().after(0, 0.9), Some(Duration::ZERO));
    }

    #[test]
    fn a_dice_that_is_no_number_does_no_harm() {
        assert_eq!(Schedule::default().after(1, f64::NAN), Some(Duration::from_secs(5)));
    }

    #[test]
    fn no_delays_mean_a_single_attempt() {
        let single = seconds(&[]).unwrap();
        assert_eq!(single.after(1, 0.5), None);
        assert_eq!(single.horizon(Duration::from_secs(15)), Duration::from_secs(15));
    }

    #[test]
    fn refuses_too_many_delays() {
        assert_eq!(seconds(&[1; 33]), Err(InvalidSchedule::TooMany(33)));
    }

    #[test]
    fn refuses_delays_out_of_range() {
        assert_eq!(seconds(&[0]), Err(InvalidSchedule::OutOfRange(Duration::ZERO)));
        let message = seconds(&[72 * 3600 + 1]).unwrap_err().to_string();
        assert_eq!(message, "schedule has a delay of 3days 1s: give 1s to 3days");
    }

    #[test]
    fn refuses_a_schedule_of_more_than_two_weeks() {
        let message = seconds(&[72 * 3600; 5]).unwrap_err().to_string();
        assert_eq!(message, "schedule takes 15days in all: give at most 14days");
    }

    fn schedules() -> impl Strategy<Value = Schedule> {
        let delays = prop::collection::vec(1_000..=40_000_000_u64, 0..=30);
        delays.prop_map(|millis| {
            Schedule::new(millis.into_iter().map(Duration::from_millis).collect::<Vec<_>>()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_fifth_of_each_delay(schedule in schedules(), dice in 0.0..1.0) {
            for (failed, delay) in (1..).zip(schedule.delays()) {
                let after = schedule.after(failed, dice).unwrap().as_secs_f64();
                let delay = delay.as_secs_f64();
                prop_assert!((delay * 0.799_999..=delay * 1.200_001).contains(&after));
            }
        }

        #[test]
        fn is_exhausted_exactly_after_its_last_delay(schedule in schedules(), failed: u32, dice in 0.0..1.0) {
            let length = u32::try_from(schedule.delays().len()).unwrap();
            prop_assert_eq!(schedule.after(failed, dice).is_some(), failed <= length);
            prop_assert!(schedule.after(length, dice).is_some());
            prop_assert!(schedule.after(length + 1, dice).is_none());
        }

        #[test]
        fn the_horizon_bounds_every_run(schedule in schedules(), dice in 0.0..=1.0, timeout in 1..=60_u64) {
            let timeout = Duration::from_secs(timeout);
            let (mut failed, mut elapsed) = (0, timeout);
            while let Some(delay) = schedule.after(failed + 1, dice) {
                elapsed += ladder(delay) + timeout;
                failed += 1;
            }
            prop_assert!(elapsed <= schedule.horizon(timeout));
        }
    }
}
