//! What waits no longer: behind a request that is too old, or for too long.

use std::collections::VecDeque;

use barid_broker::consumer::FIRST_PREFETCH;
use tokio::time::Instant;

use super::flights::Flights;
use super::{Action, Origin, Scheduler};

impl Scheduler {
    /// Hands on what waits in the shared lanes behind a request that is too old.
    pub(super) fn hand_on_if_stuck(&mut self, index: usize, now: Instant) {
        // As many as a fresh lane holds: one more hesitation, and nothing else would come in.
        let crowded = self.unproven_waiting >= usize::from(FIRST_PREFETCH);
        let subscriber = &self.subscribers[index];
        let proven = subscriber.is_proven(&self.limits, now);
        let patience = if crowded && !proven { self.limits.hand_over_early } else { self.limits.hand_over_after };
        // A full host is to blame when most of its requests hang, not when one subscription's do.
        let host = self.hosts.get(&subscriber.host).filter(|host| host.len() >= self.limits.per_host);
        // One not proven may wait for the slots that others of its kind hold.
        let starved = !proven && !self.work.has_room(false);
        let others = starved.then(|| self.work.unproven.median()).flatten();
        let oldest = [subscriber.flights.oldest(), host.and_then(Flights::median), others];
        let stuck = oldest.into_iter().flatten().any(|since| now - since > patience);
        if !(stuck || subscriber.diverting || subscriber.slow) {
            return;
        }
        let waiting = std::mem::take(&mut self.subscribers[index].waiting);
        let (stay, go): (VecDeque<_>, VecDeque<_>) =
            waiting.into_iter().partition(|ticket| self.origin(*ticket) != Origin::Work);
        let subscriber = &mut self.subscribers[index];
        subscriber.waiting = stay;
        if go.is_empty() {
            return;
        }
        subscriber.diverting = true;
        if subscriber.became_slow(now) {
            let id = subscriber.id().clone();
            self.actions.push(Action::TellSlow(id));
        }
        for ticket in go {
            self.leave(ticket, Action::HandOn(ticket));
        }
    }

    pub(super) fn hold_overdue(&mut self, index: usize, now: Instant) {
        while let Some(&ticket) = self.subscribers[index].waiting.front() {
            if self.entry(ticket).is_some_and(|entry| now - entry.since < self.limits.max_wait) {
                return;
            }
            let subscriber = &mut self.subscribers[index];
            subscriber.waiting.pop_front();
            let delay = subscriber.hold(&self.limits, now);
            self.leave(ticket, Action::Hold(ticket, delay));
        }
    }
}
