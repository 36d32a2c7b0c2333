//! Deliveries whose message has come back too often to be sent like any other.

use std::time::Duration;

use tokio::time::Instant;

use super::{Action, Entry, Scheduler, Trust};

/// Suspects in flight at a time.
const SUSPECTS: usize = 16;

/// The pause after one that was alone. If the next takes the process down, the one before must have been acknowledged, or it
/// would come back with it each time and be taken for another culprit.
pub(super) const REST: Duration = Duration::from_millis(50);

/// The pause before the first one of a process: until all lanes have handed out theirs. Chosen at once, it would be the same
/// one each time that the process starts, and the innocent ones in slower lanes would never have their turn.
pub(super) const GATHER: Duration = Duration::from_millis(250);

impl Scheduler {
    /// A few suspects at a time, the worst of them one by one, in no particular order: if one takes the process down, the
    /// innocent ones have been delivered by the next time but a few.
    pub(super) fn start_suspects(&mut self, now: Instant) {
        while !self.suspects.is_empty() && !self.alone && self.suspects_in_flight < SUSPECTS {
            let position = fastrand::usize(..self.suspects.len());
            let ticket = self.suspects[position];
            let alone = self.entry(ticket).is_some_and(|entry| entry.trust == Trust::Alone);
            let too_early = self.alone_from.is_some_and(|from| now < from);
            if alone && (self.suspects_in_flight > 0 || too_early) {
                return;
            }
            self.suspects.swap_remove(position);
            self.alone = alone;
            self.suspects_in_flight += 1;
            self.start(ticket, now);
        }
    }

    /// Suspects that have waited too long make room: the ladder brings them back, with a clean record.
    pub(super) fn hold_overdue_suspects(&mut self, now: Instant) {
        let overdue = |entry: &Entry| now - entry.since >= self.limits.max_wait;
        let (go, stay): (Vec<_>, Vec<_>) =
            self.suspects.iter().partition(|ticket| self.entry(**ticket).is_some_and(overdue));
        self.suspects = stay;
        for ticket in go {
            self.leave(ticket, Action::Hold(ticket, self.limits.first_hold));
        }
    }
}
