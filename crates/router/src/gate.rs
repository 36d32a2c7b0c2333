//! Whether work may start: what is taken while nothing can be published only piles up, unacknowledged.

use std::time::Duration;

use tokio::time::Instant;

/// The state of the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Publishing works: messages are taken.
    Open,
    /// It does not, since this moment: none is taken, and those in work wait.
    Shut(Instant),
    /// It has not for so long that messages were given back: none is even consumed.
    Closed,
}

impl Gate {
    /// The next state, when publishing is possible or not at the moment `now`.
    pub(crate) fn observe(self, is_possible: bool, now: Instant, give_back_after: Duration) -> Self {
        match self {
            _ if is_possible => Self::Open,
            Self::Open => Self::Shut(now),
            Self::Shut(since) if now.duration_since(since) >= give_back_after => Self::Closed,
            Self::Shut(_) | Self::Closed => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn shuts_at_once_and_closes_after_a_minute() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let gate = Gate::Open.observe(false, start, MINUTE);
        assert_eq!(gate, Gate::Shut(start));
        assert_eq!(gate.observe(false, after(59), MINUTE), gate);
        assert_eq!(gate.observe(false, after(60), MINUTE), Gate::Closed);
        assert_eq!(Gate::Closed.observe(false, after(61), MINUTE), Gate::Closed);
    }

    #[test]
    fn opens_as_soon_as_publishing_works_and_then_counts_anew() {
        let start = Instant::now();
        for gate in [Gate::Open, Gate::Shut(start), Gate::Closed] {
            assert_eq!(gate.observe(true, start, MINUTE), Gate::Open);
        }
        let later = start + 2 * MINUTE;
        let gate = Gate::Shut(start).observe(true, later, MINUTE);
        assert_eq!(gate.observe(false, later, MINUTE), Gate::Shut(later));
    }
}
