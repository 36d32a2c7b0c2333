//! Requests in flight, oldest first.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::Ticket;

/// Requests in flight of one subscription or host. There are few at a time, so a search is cheap.
#[derive(Debug, Default)]
pub(super) struct Flights(VecDeque<(Ticket, Instant)>);

impl Flights {
    pub(super) fn took_off(&mut self, ticket: Ticket, now: Instant) {
        self.0.push_back((ticket, now));
    }

    pub(super) fn landed(&mut self, ticket: Ticket) {
        if let Some(position) = self.0.iter().position(|(flying, _)| *flying == ticket) {
            self.0.remove(position);
        }
    }

    pub(super) fn oldest(&self) -> Option<Instant> {
        self.0.front().map(|(_, started)| *started)
    }

    /// The start of the newest request among the older half: when that is long ago, most requests hang.
    pub(super) fn median(&self) -> Option<Instant> {
        self.0.get(self.0.len() / 2).map(|(_, started)| *started)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
