//! The own lanes this process consumes: as the snapshot says, while it says so.
//!
//! A lane that is wanted no longer is let go of in order: its consumer is cancelled, what has not begun goes back to its
//! place, and only when everything else of it is settled does the consumer end.

use std::collections::HashMap;

use barid_broker::consumer::{self, Consumer};
use barid_broker::incoming::Session;
use barid_broker::{Incoming, Lane};
use barid_registry::{OwnLane, Subscription};
use tokio::sync::mpsc;
use tracing::info;

use super::{Dispatcher, now};
use crate::scheduler::Origin;

/// A lane that is consumed.
pub(super) struct Line {
    pub(super) lane: Lane,
    /// The channel that its messages come by at the moment.
    pub(super) session: Option<Session>,
}

impl Line {
    pub(super) fn new(lane: Lane) -> Self {
        Self { lane, session: None }
    }

    /// What kind of lane it is, for the scheduler.
    pub(super) fn origin(&self) -> Origin {
        match self.lane {
            Lane::Work(_) => Origin::Work,
            Lane::Slow(_) => Origin::Slow,
            Lane::Own(_) => Origin::Own,
        }
    }
}

/// The consumers of own lanes, by subscription.
#[derive(Default)]
pub(super) struct OwnLanes {
    taps: HashMap<String, Tap>,
    /// Where their messages go; nothing before the dispatcher runs.
    inbox: Option<mpsc::Sender<Incoming>>,
}

struct Tap {
    line: usize,
    consumer: Consumer,
    wanted: bool,
}

impl OwnLanes {
    pub(super) fn use_inbox(&mut self, inbox: mpsc::Sender<Incoming>) {
        self.inbox = Some(inbox);
    }

    pub(super) fn consumers(&self) -> impl Iterator<Item = Consumer> {
        self.taps.values().map(|tap| tap.consumer.clone())
    }
}

impl Dispatcher {
    /// Starts to consume what is to be consumed, lets go of the rest, and forgets what is let go of and settled.
    pub(super) fn tend_own_lanes(&mut self) {
        let runs = !(self.flow.is_stopping() || self.flow.gives_back());
        if runs {
            self.open_taps();
        }
        let mut dropped = Vec::new();
        for tap in self.own.taps.values_mut() {
            let Some(Line { lane: Lane::Own(id), .. }) = self.lines.get(tap.line) else { continue };
            let wanted = self.snapshot.get(id).is_some_and(|subscription| is_consumed(subscription));
            if std::mem::replace(&mut tap.wanted, wanted) && !wanted {
                dropped.push(tap.line);
            }
            let flow = if runs && wanted { consumer::Flow::Running } else { consumer::Flow::Stopped };
            tap.consumer.set_flow(flow);
        }
        if !dropped.is_empty() {
            self.give_back_untouched_of(|line| dropped.contains(&line));
        }
        self.close_taps();
        let consumed = self.own.taps.values().filter(|tap| tap.wanted).count();
        self.metrics.own_lanes_consumed.set(i64::try_from(consumed).unwrap_or(i64::MAX));
    }

    fn open_taps(&mut self) {
        let Some(inbox) = &self.own.inbox else { return };
        for subscription in self.snapshot.own_lanes().filter(|subscription| is_consumed(subscription)) {
            let id = subscription.id.as_str();
            if self.own.taps.contains_key(id) {
                continue;
            }
            // No more than it may send at a time: a backlog of days stays on the broker, in order.
            let most = u16::try_from(subscription.policy.max_in_flight()).unwrap_or(u16::MAX);
            let prefetch = most.clamp(1, self.config.limits.prefetch.max(1));
            let line = self.lines.insert(Line::new(Lane::own(id)));
            let consumer = self.road.consume_own_lane(line, id, prefetch, inbox.clone());
            info!(subscription.id = id, prefetch, "consuming its own lane");
            self.own.taps.insert(id.to_owned(), Tap { line, consumer, wanted: true });
        }
    }

    /// Forgets the taps that are not wanted and hold nothing more.
    fn close_taps(&mut self) {
        let is_over = |tap: &Tap| !tap.wanted && tap.consumer.held() == 0;
        let over: Vec<usize> = self.own.taps.extract_if(|_, tap| is_over(tap)).map(|(_, tap)| tap.line).collect();
        for line in over {
            // What came by a channel that ended is handed out again; nothing else can be left of it.
            let abandoned = self.groups.abandon(now(), |lane, receipt| lane == line && !receipt.is_live());
            for ticket in abandoned {
                self.scheduler.withdraw(ticket);
            }
            self.lines.remove(line);
        }
    }

    /// Whether the messages of this lane are to be taken.
    pub(super) fn is_consumed(&self, line: usize) -> bool {
        match self.lines.get(line).map(|line| &line.lane) {
            Some(Lane::Own(id)) => self.own.taps.get(id).is_some_and(|tap| tap.wanted),
            Some(Lane::Work(_) | Lane::Slow(_)) => true,
            None => false,
        }
    }

    /// Whether routers put this subscription's deliveries into a lane of its own.
    pub(super) fn has_open_lane(&self, subscription: &str) -> bool {
        self.snapshot.get(subscription).is_some_and(|subscription| subscription.lane == OwnLane::Open)
    }

    /// Deliveries that wait here, of subscriptions that are paused by now, wait in their own lanes instead. What is in flight
    /// finishes.
    pub(super) fn set_paused_aside(&mut self) {
        if !self.snapshot.own_lanes().any(|subscription| subscription.paused) {
            return;
        }
        for ticket in self.groups.waiting() {
            let Some(held) = self.groups.get(ticket) else { continue };
            let Some(subscription) = self.snapshot.get(&held.parcel.delivery(held.index).subscription).cloned() else {
                continue;
            };
            if subscription.paused && self.scheduler.withdraw(ticket) {
                self.set_aside(ticket, &subscription);
            }
        }
    }
}

/// Whether a subscription's own lane is to be emptied.
fn is_consumed(subscription: &Subscription) -> bool {
    matches!(subscription.lane, OwnLane::Open | OwnLane::Retiring) && !subscription.paused
}
