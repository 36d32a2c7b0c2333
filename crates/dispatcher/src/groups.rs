//! The deliveries in memory, and the messages they came in.
//!
//! A message is acknowledged when the last of its deliveries is settled. If its channel ends before that, the broker hands
//! the message out again, perhaps to this very process. What has been done by then is remembered for a while, and what
//! is under way is adopted by the new copy, so that no subscriber gets a second request for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use barid_event::MessageId;
use barid_registry::Subscription;
use slab::Slab;
use tokio::time::Instant;

use crate::parcel::Parcel;
use crate::scheduler::Ticket;

/// How long results are remembered. A broker that was away longer hands the message out to a process that has forgotten.
const REMEMBER: Duration = Duration::from_mins(10);

/// The most results that are remembered.
const MAX_REMEMBERED: usize = 20_000;

/// How far a delivery has come in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for a permit; nothing has been done.
    Waiting,
    /// A request is in flight, or its result is being published.
    Underway,
}

/// A delivery in memory.
#[derive(Debug)]
pub(crate) struct Held {
    /// The message it came in; nothing once that message's channel has ended.
    group: Option<usize>,
    pub(crate) parcel: Arc<Parcel>,
    /// Its number in the message.
    pub(crate) index: usize,
    pub(crate) subscription: Option<Arc<Subscription>>,
    pub(crate) stage: Stage,
    /// How often its message has come back, in this form and before.
    pub(crate) returned: u32,
    /// The batches that its records are in: of an attempt, and of its end.
    records: [Option<u64>; 2],
}

/// A message whose deliveries are not all settled.
#[derive(Debug)]
struct Group<R> {
    receipt: R,
    lane: usize,
    parcel: Arc<Parcel>,
    open: usize,
    /// The numbers of those that are settled.
    done: Vec<usize>,
}

/// What is the same when a message is handed out again: the event, the subscription, how far it had come, and whether it is
/// a replay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key(MessageId, String, u32, bool);

#[derive(Debug)]
enum Orphan {
    Done,
    Underway(Ticket),
}

/// What is known of a delivery that has just arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is to be worked on, under this ticket.
    New(Ticket),
    /// It was done, or is under way, from an earlier copy of the message.
    Known,
}

/// All deliveries in memory. `R` is what acknowledges a message.
#[derive(Debug)]
pub(crate) struct Groups<R> {
    messages: Slab<Group<R>>,
    held: Slab<Held>,
    orphans: HashMap<Key, (Orphan, Instant)>,
}

impl<R> Groups<R> {
    pub(crate) fn new() -> Self {
        Self { messages: Slab::new(), held: Slab::new(), orphans: HashMap::new() }
    }

    /// Whether nothing is in memory.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.held.is_empty()
    }

    pub(crate) fn get(&self, ticket: Ticket) -> Option<&Held> {
        self.held.get(ticket)
    }

    /// Says that work on a delivery has begun.
    pub(crate) fn begin(&mut self, ticket: Ticket) {
        if let Some(held) = self.held.get_mut(ticket) {
            held.stage = Stage::Underway;
        }
    }

    /// Notes that something was recorded of a delivery, in this batch. That has begun its end: it is not worked on by another
    /// copy of its message.
    pub(crate) fn record(&mut self, ticket: Ticket, batch: u64) {
        if let Some(held) = self.held.get_mut(ticket) {
            held.stage = Stage::Underway;
            let free = usize::from(held.records[0].is_some());
            held.records[free] = Some(batch);
        }
    }

    /// The batches that a delivery's records are in.
    pub(crate) fn records(&self, ticket: Ticket) -> impl Iterator<Item = u64> + use<R> {
        self.held.get(ticket).map(|held| held.records).into_iter().flatten().flatten()
    }

    /// Takes in a message. `arrived` is told about each delivery; the receipt comes back if all of them are done already.
    /// Only one that was handed out before (`again`) can be known; the broker counts how often (`returned`).
    pub(crate) fn arrive(
        &mut self,
        receipt: R,
        lane: usize,
        parcel: &Arc<Parcel>,
        again: bool,
        returned: u32,
        mut arrived: impl FnMut(usize, Arrival),
    ) -> Option<R> {
        let count = parcel.work.deliveries.len();
        let group = Group { receipt, lane, parcel: Arc::clone(parcel), open: count, done: Vec::new() };
        let id = self.messages.insert(group);
        for index in 0..count {
            if again && self.is_known(id, parcel, index) {
                arrived(index, Arrival::Known);
                continue;
            }
            let ticket = self.held.insert(Held {
                group: Some(id),
                parcel: Arc::clone(parcel),
                index,
                subscription: None,
                stage: Stage::Waiting,
                returned: returned.saturating_add(parcel.delivery(index).returned),
                records: [None; 2],
            });
            arrived(index, Arrival::New(ticket));
        }
        self.close_if_done(id)
    }

    /// Whether a delivery was done before, or is under way and now belongs to this copy of its message.
    fn is_known(&mut self, id: usize, parcel: &Arc<Parcel>, index: usize) -> bool {
        if self.orphans.is_empty() {
            return false;
        }
        match self.orphans.remove(&key(parcel, index)) {
            Some((Orphan::Done, _)) => {
                let group = &mut self.messages[id];
                group.open -= 1;
                group.done.push(index);
                true
            }
            Some((Orphan::Underway(ticket), _)) => {
                let Some(held) = self.held.get_mut(ticket) else { return false };
                held.group = Some(id);
                held.parcel = Arc::clone(parcel);
                held.index = index;
                true
            }
            None => false,
        }
    }

    /// Notes the subscription of a delivery.
    pub(crate) fn set_subscription(&mut self, ticket: Ticket, subscription: Arc<Subscription>) {
        if let Some(held) = self.held.get_mut(ticket) {
            held.subscription = Some(subscription);
        }
    }

    /// A delivery is settled: what comes next for it is confirmed. Its message's receipt comes back if it was the last, and if
    /// the message's channel `is_live`: if not, the message comes again, and what was done for it is remembered.
    pub(crate) fn settle(&mut self, ticket: Ticket, now: Instant, is_live: impl Fn(&R) -> bool) -> Option<R> {
        let held = self.held.try_remove(ticket)?;
        let Some(id) = held.group else {
            self.remember(key(&held.parcel, held.index), Orphan::Done, now);
            return None;
        };
        let group = &mut self.messages[id];
        group.open -= 1;
        group.done.push(held.index);
        if group.open > 0 {
            return None;
        }
        let Group { receipt, parcel, done, .. } = self.messages.remove(id);
        if is_live(&receipt) {
            return Some(receipt);
        }
        for index in done {
            self.remember(key(&parcel, index), Orphan::Done, now);
        }
        None
    }

    /// Lets go of the messages whose channel has ended, and returns the tickets of deliveries that had not begun: the broker
    /// hands them out again.
    pub(crate) fn abandon(&mut self, now: Instant, ended: impl Fn(usize, &R) -> bool) -> Vec<Ticket> {
        let dead: Vec<usize> =
            self.messages.iter().filter(|(_, group)| ended(group.lane, &group.receipt)).map(|(id, _)| id).collect();
        let mut dropped = Vec::new();
        for id in dead {
            let group = self.messages.remove(id);
            for index in group.done {
                self.remember(key(&group.parcel, index), Orphan::Done, now);
            }
            let mine = self.held.iter().filter(|(_, held)| held.group == Some(id));
            let tickets: Vec<(Ticket, Stage)> = mine.map(|(ticket, held)| (ticket, held.stage)).collect();
            for (ticket, stage) in tickets {
                if stage == Stage::Waiting {
                    self.held.remove(ticket);
                    dropped.push(ticket);
                } else {
                    let held = &mut self.held[ticket];
                    held.group = None;
                    let key = key(&held.parcel, held.index);
                    self.remember(key, Orphan::Underway(ticket), now);
                }
            }
        }
        dropped
    }

    /// Takes out the messages of these lanes of which nothing has begun, for giving them back, and the tickets of their
    /// deliveries.
    pub(crate) fn take_untouched(&mut self, of: impl Fn(usize) -> bool) -> (Vec<R>, Vec<Ticket>) {
        let mut touched = vec![false; self.messages.iter().map(|(id, _)| id + 1).max().unwrap_or_default()];
        for (id, group) in &self.messages {
            touched[id] = !group.done.is_empty() || !of(group.lane);
        }
        for (_, held) in &self.held {
            if let (Some(id), Stage::Underway) = (held.group, held.stage) {
                touched[id] = true;
            }
        }
        let untouched: Vec<usize> = self.messages.iter().map(|(id, _)| id).filter(|id| !touched[*id]).collect();
        let tickets: Vec<Ticket> = self
            .held
            .iter()
            .filter(|(_, held)| held.group.is_some_and(|id| !touched[id]))
            .map(|(ticket, _)| ticket)
            .collect();
        for ticket in &tickets {
            self.held.remove(*ticket);
        }
        (untouched.into_iter().map(|id| self.messages.remove(id).receipt).collect(), tickets)
    }

    /// The deliveries that wait.
    pub(crate) fn waiting(&self) -> Vec<Ticket> {
        let waiting = self.held.iter().filter(|(_, held)| held.stage == Stage::Waiting);
        waiting.map(|(ticket, _)| ticket).collect()
    }

    /// The lane a delivery came by, if its message is still ours.
    pub(crate) fn lane(&self, ticket: Ticket) -> Option<usize> {
        let held = self.held.get(ticket)?;
        Some(self.messages.get(held.group?)?.lane)
    }

    /// Forgets results that are old.
    pub(crate) fn forget_old(&mut self, now: Instant) {
        self.orphans.retain(|_, (orphan, since)| matches!(orphan, Orphan::Underway(_)) || now - *since < REMEMBER);
    }

    fn remember(&mut self, key: Key, orphan: Orphan, now: Instant) {
        // One under way must be remembered, or it would never be adopted; there are no more of them than slots. And what was
        // under way must not be remembered as such once it is done, or its ticket would soon be another delivery's.
        let must = matches!(orphan, Orphan::Underway(_)) || self.orphans.contains_key(&key);
        if must || self.orphans.len() < MAX_REMEMBERED {
            self.orphans.insert(key, (orphan, now));
        }
    }

    fn close_if_done(&mut self, id: usize) -> Option<R> {
        (self.messages[id].open == 0).then(|| self.messages.remove(id).receipt)
    }
}

fn key(parcel: &Parcel, index: usize) -> Key {
    let delivery = parcel.delivery(index);
    Key(parcel.message_id.clone(), delivery.subscription.clone(), delivery.attempts, delivery.replay)
}

#[cfg(test)]
mod tests;
