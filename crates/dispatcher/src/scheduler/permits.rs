//! Permits: who has one, and what a start and an end change about them.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Action, Origin, Pool, Scheduler, Ticket};

impl Scheduler {
    pub(super) fn pool(&mut self, origin: Origin) -> &mut Pool {
        if origin == Origin::Slow { &mut self.slow } else { &mut self.work }
    }

    pub(super) fn has_permit(&self, index: usize, origin: Origin, now: Instant) -> bool {
        let subscriber = &self.subscribers[index];
        let pool = if origin == Origin::Slow { &self.slow } else { &self.work };
        let tenant_limit = if self.single_tenant { usize::MAX } else { (self.limits.slots / 4).max(1) };
        subscriber.has_permit()
            && pool.has_room(subscriber.is_proven(&self.limits, now))
            && self.hosts.get(&subscriber.host).is_none_or(|host| host.len() < self.limits.per_host)
            && self.tenants.get(subscriber.tenant()).is_none_or(|in_flight| *in_flight < tenant_limit)
    }

    pub(super) fn start(&mut self, ticket: Ticket, now: Instant) {
        let Some(entry) = self.entries.get_mut(ticket).and_then(Option::as_mut) else {
            return;
        };
        let (index, origin) = (entry.subscriber, entry.origin);
        let subscriber = &mut self.subscribers[index];
        let unproven = !subscriber.is_proven(&self.limits, now);
        entry.flight = Some((now, unproven));
        subscriber.flights.took_off(ticket, now);
        self.hosts.entry(Arc::clone(&subscriber.host)).or_default().took_off(ticket, now);
        *self.tenants.entry(subscriber.tenant().clone()).or_default() += 1;
        let pool = self.pool(origin);
        pool.in_flight += 1;
        if unproven {
            pool.unproven.took_off(ticket, now);
        }
        self.actions.push(Action::Start(ticket));
    }

    pub(super) fn land(&mut self, index: usize, ticket: Ticket, origin: Origin, unproven: bool) {
        let subscriber = &mut self.subscribers[index];
        subscriber.flights.landed(ticket);
        let (host, tenant) = (Arc::clone(&subscriber.host), subscriber.tenant().clone());
        if let Some(flights) = self.hosts.get_mut(&host) {
            flights.landed(ticket);
            if flights.is_empty() {
                self.hosts.remove(&host);
            }
        }
        if let Some(in_flight) = self.tenants.get_mut(&tenant) {
            *in_flight -= 1;
            if *in_flight == 0 {
                self.tenants.remove(&tenant);
            }
        }
        let pool = self.pool(origin);
        pool.in_flight -= 1;
        if unproven {
            pool.unproven.landed(ticket);
        }
    }

    /// Starts as many of a subscriber's waiting deliveries as it has permits for.
    pub(super) fn start_waiting(&mut self, index: usize, now: Instant) {
        while let Some(&ticket) = self.subscribers[index].waiting.front() {
            if !self.has_permit(index, self.origin(ticket), now) {
                return;
            }
            self.subscribers[index].waiting.pop_front();
            self.start(ticket, now);
        }
    }

    /// Gives subscribers that wait their turn, so that free slots are shared out fairly.
    pub(super) fn start_others(&mut self, turns: usize, now: Instant) {
        for _ in 0..turns.min(self.queue.len()) {
            let Some(index) = self.queue.pop_front() else {
                return;
            };
            if let Some(&ticket) = self.subscribers[index].waiting.front()
                && self.has_permit(index, self.origin(ticket), now)
            {
                self.subscribers[index].waiting.pop_front();
                self.start(ticket, now);
            }
            let subscriber = &mut self.subscribers[index];
            subscriber.queued = !subscriber.waiting.is_empty();
            if subscriber.queued {
                self.queue.push_back(index);
            }
        }
    }
}
