//! Who may send now, who waits, and who is handed on: the isolation of subscribers from each other, without any I/O.
//!
//! A delivery needs a permit of its subscription, its host, its tenant and its pool. Without one it waits in memory, for
//! waiting is nearly always over in milliseconds. Only when the *oldest request in flight* of its subscription is old
//! does it stop waiting and move to the subscription's slow lane, so that the message it came in, and the lane behind
//! it, go on. Handing on by count alone would divert healthy traffic.
//!
//! Everything here is synchronous and takes the time as an argument. Methods leave [`Action`]s behind for the caller,
//! who names deliveries by tickets of its own. `open` says whether results can be published at the moment: if not, what
//! comes in just waits.

mod flights;
mod hand_over;
mod permits;
mod subscriber;
mod suspects;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use barid_event::Tenant;
use barid_registry::{Subscription, SubscriptionId};
use tokio::time::Instant;

use crate::limits::Limits;
use flights::Flights;
use subscriber::Subscriber;

/// The caller's number for a delivery in memory. Small, and used again once the delivery has left the scheduler.
pub(crate) type Ticket = usize;

/// What the caller is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make the attempt.
    Start(Ticket),
    /// Publish the delivery, by itself, to its subscription's slow lane.
    HandOn(Ticket),
    /// Put the delivery on the ladder, without counting an attempt.
    Hold(Ticket, Duration),
    /// Tell every process that the subscription is slow.
    TellSlow(SubscriptionId),
    /// Tell every process that the subscription is fast again.
    TellFast(SubscriptionId),
}

/// A delivery that wants to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) subscription: Arc<Subscription>,
    /// What kind of lane it came by.
    pub(crate) origin: Origin,
    /// Whether it may be handled among others.
    pub(crate) trust: Trust,
}

/// What kind of lane a delivery came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// One that all share: nothing may wait there for long.
    Work,
    /// One for those that are slow.
    Slow,
    /// Its subscription's own: it waits there without keeping anybody, and in order.
    Own,
}

/// How far a delivery is trusted not to take the process down. Its message's count of returns says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Like any other.
    Full,
    /// A few of its kind at a time.
    Suspect,
    /// One of its kind at a time.
    Alone,
}

/// How an attempt went, as far as scheduling is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Success,
    Failure,
    /// There was no request to send, which says nothing of the receiver.
    NotMade,
}

/// Requests in flight of one pool.
#[derive(Debug)]
struct Pool {
    slots: usize,
    in_flight: usize,
    /// Of these, to subscriptions not proven fast.
    unproven: Flights,
}

impl Pool {
    fn new(slots: usize) -> Self {
        Self { slots, in_flight: 0, unproven: Flights::default() }
    }

    fn has_room(&self, proven: bool) -> bool {
        self.in_flight < self.slots && (proven || self.unproven.len() < (self.slots / 4).max(1))
    }
}

/// A delivery in memory.
#[derive(Debug)]
struct Entry {
    subscriber: usize,
    origin: Origin,
    trust: Trust,
    since: Instant,
    /// Set while in flight: when it started, and whether its subscription was unproven then.
    flight: Option<(Instant, bool)>,
}

/// The scheduler of one dispatcher process.
#[derive(Debug)]
pub(crate) struct Scheduler {
    limits: Limits,
    /// By ticket.
    entries: Vec<Option<Entry>>,
    held: usize,
    subscribers: Vec<Subscriber>,
    by_id: HashMap<SubscriptionId, usize>,
    hosts: HashMap<Arc<str>, Flights>,
    tenants: HashMap<Tenant, usize>,
    /// Whether one tenant may take every slot, because there is only one.
    single_tenant: bool,
    work: Pool,
    slow: Pool,
    /// Subscribers with waiting deliveries, in turn.
    queue: VecDeque<usize>,
    /// Deliveries of unproven subscriptions that wait.
    unproven_waiting: usize,
    suspects: Vec<Ticket>,
    suspects_in_flight: usize,
    /// One that must be alone is in flight.
    alone: bool,
    /// When the next one may start.
    alone_from: Option<Instant>,
    last_tick: Option<Instant>,
    actions: Vec<Action>,
}

/// Subscribers looked at each time a slot becomes free; the timer looks at all of them.
const TURNS: usize = 16;

/// A timer that comes this late says that the process itself gets too little time. The answers of healthy receivers are then
/// waiting to be read, and nobody is to be blamed for the age of a request.
const OVERSLEPT: Duration = Duration::from_millis(100);

impl Scheduler {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            work: Pool::new(limits.slots),
            slow: Pool::new(limits.slow_slots),
            limits,
            entries: Vec::new(),
            held: 0,
            subscribers: Vec::new(),
            by_id: HashMap::new(),
            hosts: HashMap::new(),
            tenants: HashMap::new(),
            single_tenant: true,
            queue: VecDeque::new(),
            unproven_waiting: 0,
            suspects: Vec::new(),
            suspects_in_flight: 0,
            alone: false,
            alone_from: None,
            last_tick: None,
            actions: Vec::new(),
        }
    }

    /// What is to be done since the last call.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Says whether there is only one tenant, which may then take every slot.
    pub(crate) fn set_single_tenant(&mut self, single: bool) {
        self.single_tenant = single;
    }

    /// Requests in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.work.in_flight + self.slow.in_flight
    }

    /// Deliveries that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.held - self.in_flight()
    }

    /// Takes a delivery in. It starts, waits or is handed on. Its ticket stays taken until it has
    /// [`finished`](Self::finished), left by an action other than [`Action::Start`], or been
    /// [`withdrawn`](Self::withdraw).
    pub(crate) fn offer(&mut self, ticket: Ticket, offer: &Offer, open: bool, now: Instant) {
        let index = self.subscriber(offer);
        let entry = Entry { subscriber: index, origin: offer.origin, trust: offer.trust, since: now, flight: None };
        if self.entries.len() <= ticket {
            self.entries.resize_with(ticket + 1, || None);
        }
        self.entries[ticket] = Some(entry);
        self.held += 1;
        if offer.trust != Trust::Full {
            // Started by the timer, not at once: the one that comes first would always be the same.
            self.suspects.push(ticket);
            if offer.trust == Trust::Alone {
                self.alone_from.get_or_insert(now + suspects::GATHER);
            }
            return;
        }
        let subscriber = &mut self.subscribers[index];
        let is_first = subscriber.waiting.is_empty();
        if open && is_first && self.has_permit(index, offer.origin, now) {
            self.start(ticket, now);
            return;
        }
        let subscriber = &mut self.subscribers[index];
        if open && offer.origin == Origin::Slow && subscriber.waiting.len() >= self.limits.slow_waiting {
            let delay = subscriber.hold(&self.limits, now);
            self.leave(ticket, Action::Hold(ticket, delay));
            return;
        }
        self.unproven_waiting += usize::from(!subscriber.is_proven(&self.limits, now));
        subscriber.waiting.push_back(ticket);
        let known_to_hang = subscriber.diverting || subscriber.slow;
        if !std::mem::replace(&mut subscriber.queued, true) {
            self.queue.push_back(index);
        }
        // One that is known to hang is handed on at once; a new case is for the timer.
        if open && known_to_hang {
            self.hand_on_if_stuck(index, now);
        }
    }

    /// An attempt has ended.
    pub(crate) fn finished(&mut self, ticket: Ticket, finish: Finish, open: bool, now: Instant) {
        let Some(entry) = self.remove(ticket) else {
            return;
        };
        let index = entry.subscriber;
        if let Some((started, unproven)) = entry.flight {
            self.land(index, ticket, entry.origin, unproven);
            let took = now - started;
            let subscriber = &mut self.subscribers[index];
            let id = subscriber.id().clone();
            match finish {
                Finish::Success => {
                    if subscriber.succeeded(took, entry.origin == Origin::Slow, &self.limits, now) {
                        self.actions.push(Action::TellFast(id));
                    }
                }
                Finish::Failure => {
                    if subscriber.failed(took, &self.limits, now) {
                        self.actions.push(Action::TellSlow(id));
                    }
                }
                Finish::NotMade => {}
            }
        }
        if entry.trust != Trust::Full {
            self.suspects_in_flight -= usize::from(entry.flight.is_some());
            if std::mem::take(&mut self.alone) {
                self.alone_from = Some(now + suspects::REST);
            }
        }
        if open {
            self.start_suspects(now);
            self.start_waiting(index, now);
            self.start_others(TURNS, now);
        }
    }

    /// Takes a waiting delivery back: it will not be sent from here. `false` when it is in flight already.
    pub(crate) fn withdraw(&mut self, ticket: Ticket) -> bool {
        let Some(entry) = self.entry(ticket).filter(|entry| entry.flight.is_none()) else {
            return false;
        };
        let index = entry.subscriber;
        self.subscribers[index].waiting.retain(|waiting| *waiting != ticket);
        self.suspects.retain(|suspect| *suspect != ticket);
        self.remove(ticket);
        true
    }

    /// Looks at everything that waits: starts what may start, hands on what waits behind an old request, and puts on the
    /// ladder what has waited too long.
    pub(crate) fn tick(&mut self, open: bool, now: Instant) {
        let slept = self.last_tick.replace(now).is_some_and(|last| now - last > OVERSLEPT);
        if !open {
            return;
        }
        self.start_suspects(now);
        self.hold_overdue_suspects(now);
        self.start_others(self.queue.len(), now);
        self.unproven_waiting = 0;
        for index in self.queue.clone() {
            self.hold_overdue(index, now);
            if !slept {
                self.hand_on_if_stuck(index, now);
            }
            let subscriber = &self.subscribers[index];
            if !subscriber.is_proven(&self.limits, now) {
                self.unproven_waiting += subscriber.waiting.len();
            }
        }
        let Self { queue, subscribers, .. } = self;
        queue.retain(|index| {
            let subscriber = &mut subscribers[*index];
            subscriber.queued = !subscriber.waiting.is_empty();
            subscriber.queued
        });
    }

    /// Another dispatcher says that the subscription is slow, or fast again.
    pub(crate) fn told(&mut self, id: &str, slow: bool) {
        if let Some(index) = self.by_id.get(id) {
            self.subscribers[*index].slow = slow;
        }
    }

    fn subscriber(&mut self, offer: &Offer) -> usize {
        if let Some(index) = self.by_id.get(&offer.subscription.id) {
            self.subscribers[*index].adopt(&offer.subscription);
            return *index;
        }
        let index = self.subscribers.len();
        self.subscribers.push(Subscriber::new(Arc::clone(&offer.subscription), &self.limits));
        self.by_id.insert(offer.subscription.id.clone(), index);
        index
    }

    fn entry(&self, ticket: Ticket) -> Option<&Entry> {
        self.entries.get(ticket)?.as_ref()
    }

    fn origin(&self, ticket: Ticket) -> Origin {
        self.entry(ticket).map_or(Origin::Work, |entry| entry.origin)
    }

    fn remove(&mut self, ticket: Ticket) -> Option<Entry> {
        let entry = self.entries.get_mut(ticket)?.take()?;
        self.held -= 1;
        Some(entry)
    }

    fn leave(&mut self, ticket: Ticket, action: Action) {
        self.remove(ticket);
        self.actions.push(action);
    }
}

#[cfg(test)]
mod tests;
