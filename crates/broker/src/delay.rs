//! The arithmetic of the delay ladder.
//!
//! A delay is a binary number of seconds. Level *i* of the ladder holds a message for 2^i seconds, and one bit of the
//! routing key per level says whether the message stops there. Rounding keeps only the leading bits, so that a message
//! is written a handful of times at most; it always rounds **up**: nothing sees a delivery before it is due.

use std::fmt::Write as _;
use std::time::Duration;

use crate::names::Lane;

/// The number of levels. The longest delay is one second less than 2^18 s (72 h 49 min).
pub const LEVELS: u32 = 18;

/// The longest delay, in seconds.
const MAX_SECONDS: u32 = (1 << LEVELS) - 1;

/// Leading bits kept for delays of a retry schedule, whose jitter makes finer steps pointless (at most 1/8 later).
pub const SCHEDULE_BITS: u32 = 4;

/// Leading bits kept for delays a receiver asked for (at most 1/16 later).
pub const RETRY_AFTER_BITS: u32 = 5;

/// A delay the ladder can hold: 1 s to 72 h 49 min in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delay(u32);

impl Delay {
    /// The shortest delay that is at least `wanted` and has at most `bits` significant bits (more where rounding up
    /// would pass the longest delay). What is longer than the longest delay becomes the longest.
    pub fn at_least(wanted: Duration, bits: u32) -> Self {
        let whole = wanted.as_secs().saturating_add(u64::from(wanted.subsec_nanos() > 0));
        let seconds = u32::try_from(whole).unwrap_or(MAX_SECONDS).clamp(1, MAX_SECONDS);
        let length = u32::BITS - seconds.leading_zeros();
        (bits.max(1)..=length.max(bits))
            .map(|kept| {
                let dropped = length.saturating_sub(kept);
                seconds.div_ceil(1 << dropped) << dropped
            })
            .find(|rounded| *rounded <= MAX_SECONDS)
            .map_or(Self(seconds), Self)
    }

    /// The delay.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }

    /// The highest level the message stops at: where it is published.
    pub fn entry_level(self) -> u32 {
        self.0.ilog2()
    }

    /// The routing key: one word per level from the highest down, then the lane.
    pub fn routing_key(self, lane: &Lane) -> String {
        let mut key = String::with_capacity(2 * LEVELS as usize + 16);
        for level in (0..LEVELS).rev() {
            key.push_str(if self.0 >> level & 1 == 1 { "1." } else { "0." });
        }
        // Writing to a String cannot fail.
        let _infallible = write!(key, "{lane}");
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_short_delays_exact() {
        for seconds in 1..=16 {
            assert_eq!(Delay::at_least(Duration::from_secs(seconds), 4).duration().as_secs(), seconds);
        }
        assert_eq!(Delay::at_least(Duration::from_millis(5001), 4).duration().as_secs(), 6);
        assert_eq!(Delay::at_least(Duration::ZERO, 4).duration().as_secs(), 1);
    }

    #[test]
    fn spells_the_bits_before_the_lane() {
        let delay = Delay::at_least(Duration::from_secs(10), 4);
        assert_eq!(delay.routing_key(&Lane::Work(3)), "0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.1.0.work.3");
        assert_eq!(delay.entry_level(), 3);
    }

    #[test]
    fn holds_three_days_without_being_early() {
        let three_days = Duration::from_hours(72);
        assert!(Delay::at_least(three_days, SCHEDULE_BITS).duration() >= three_days);
    }

    proptest! {
        #[test]
        fn is_never_early_and_at_most_an_eighth_late(seconds in 1_u64..=245_760, millis in 0_u32..1000) {
            let wanted = Duration::from_secs(seconds - 1) + Duration::from_millis(u64::from(millis));
            let delay = Delay::at_least(wanted, SCHEDULE_BITS).duration();
            prop_assert!(delay >= wanted);
            prop_assert!(delay.as_secs_f64() <= (wanted.as_secs_f64().ceil().max(1.0)) * 1.125);
        }

        #[test]
        fn the_key_adds_up_to_the_delay(seconds in 1_u64..=400_000, bits in 1_u32..8) {
            let delay = Delay::at_least(Duration::from_secs(seconds), bits);
            let key = delay.routing_key(&Lane::Slow(0));
            let sum: u64 = key.split('.').take(LEVELS as usize).zip((0..LEVELS).rev())
                .filter(|(word, _)| *word == "1").map(|(_, level)| 1 << level).sum();
            prop_assert_eq!(sum, delay.duration().as_secs());
            prop_assert!(key.ends_with(".slow.0"));
        }
    }
}
