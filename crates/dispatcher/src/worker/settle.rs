//! What comes next for a delivery: done, another try, another lane, or dead. Published first, acknowledged then.

use std::sync::Arc;
use std::time::Duration;

use barid_broker::control::Notice;
use barid_broker::dead_letter::DeadLetter;
use barid_broker::delay::{Delay, SCHEDULE_BITS};
use barid_broker::frame::FrameError;
use barid_broker::outgoing::Outgoing;
use barid_broker::work::{Delivery, Work};
use barid_broker::{Lane, Names, PublishError, Receipt, own_lanes};
use barid_registry::{OwnLane, Subscription};
use chrono::TimeDelta;
use tracing::{error, info};

use super::records::CANCELLED;
use super::{Dispatcher, Published, now, wall_clock};
use crate::groups::Held;
use crate::scheduler::{Action, Ticket};
use crate::unknown;

impl Dispatcher {
    /// Carries out what the scheduler has decided.
    pub(super) fn act(&mut self) {
        for action in self.scheduler.take_actions() {
            match action {
                Action::Start(ticket) => self.start(ticket),
                Action::HandOn(ticket) => self.hand_on(ticket),
                Action::Hold(ticket, delay) => self.hold(ticket, delay),
                Action::TellSlow(id) => {
                    info!(subscription.id = id.as_str(), "slow: its deliveries get a lane apart");
                    self.metrics.slow_notices_total.with_label_values(&["slow"]).inc();
                    self.road.control.tell(&Notice::Slow { subscription: id.into() });
                }
                Action::TellFast(id) => {
                    info!(subscription.id = id.as_str(), "fast again");
                    self.metrics.slow_notices_total.with_label_values(&["fast"]).inc();
                    self.road.control.tell(&Notice::Fast { subscription: id.into() });
                }
            }
        }
    }

    pub(super) fn published(&mut self, (ticket, result): Published) {
        match result {
            Ok(()) => self.done(ticket),
            // The process is ending; the broker hands the message out again.
            Err(PublishError::Closed) => {}
            Err(error) => {
                error!(%error, "what comes next for a delivery cannot be published; it stays where it was");
            }
        }
    }

    /// Nothing more is to be done for a delivery, but to wait for its records.
    pub(super) fn done(&mut self, ticket: Ticket) {
        if self.records.delay(ticket, self.groups.records(ticket)) {
            return;
        }
        if let Some(receipt) = self.groups.settle(ticket, now(), Receipt::is_live) {
            receipt.ack();
        }
    }

    fn hand_on(&mut self, ticket: Ticket) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let delivery = unattempted(held);
        let lane = Lane::slow_for(&delivery.subscription);
        self.moved("slow_lane");
        self.go_to_lane(ticket, lane, delivery);
    }

    /// A delivery leaves its message and goes on by itself, in the same lane.
    pub(super) fn send_back_alone(&mut self, ticket: Ticket) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let delivery = unattempted(held);
        let lane = self.lane_to_return_to(ticket, &delivery);
        self.moved("same_lane");
        self.go_to_lane(ticket, lane, delivery);
    }

    /// The delivery goes to the lane of its paused subscription, and waits there until that is resumed.
    pub(super) fn set_aside(&mut self, ticket: Ticket, subscription: &Subscription) {
        if subscription.lane != OwnLane::Open {
            // No lane is ready for it yet: looked at again once the registry says more.
            return self.hold(ticket, unknown::WAIT);
        }
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let delivery = unattempted(held);
        let expires_at = match subscription.policy.horizon() {
            // The subscription's own word on how old an event may be counts while it is paused too.
            Some(_) => delivery.expires_at,
            None => own_lanes::expires_at(wall_clock(), subscription.horizon()),
        };
        let delivery = Delivery { expires_at, ..delivery };
        self.moved("own_lane");
        self.go_to_lane(ticket, Lane::own(subscription.id.as_str()), delivery);
    }

    fn hold(&mut self, ticket: Ticket, delay: Duration) {
        self.moved("ladder");
        self.wait_unattempted(ticket, delay, 0);
    }

    pub(super) fn wait_to_be_known(&mut self, ticket: Ticket) {
        self.moved("ladder");
        self.wait_unattempted(ticket, unknown::WAIT, 1);
    }

    fn wait_unattempted(&mut self, ticket: Ticket, delay: Duration, unknown: u32) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let delivery = unattempted(held);
        let delay = Delay::at_least(delay, SCHEDULE_BITS);
        let due_at = wall_clock() + TimeDelta::from_std(delay.duration()).unwrap_or_default();
        let delivery = Delivery { due_at: Some(due_at), unknown: delivery.unknown + unknown, ..delivery };
        self.climb(ticket, delay, delivery);
    }

    /// The subscription was deleted: nobody wants the delivery any more.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.count("cancelled", "none");
        let attempts = self.groups.get(ticket).map_or(0, |held| held.parcel.delivery(held.index).attempts);
        self.record_end(ticket, CANCELLED, "", attempts);
        self.done(ticket);
    }

    pub(super) fn bury(&mut self, ticket: Ticket, reason: &'static str, detail: String) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let delivery = held.parcel.delivery(held.index).clone();
        self.count(if reason == "expired" { "expired" } else { "dead_lettered" }, "none");
        self.bury_as(ticket, reason, detail, delivery);
    }

    pub(super) fn bury_as(&mut self, ticket: Ticket, reason: &'static str, detail: String, delivery: Delivery) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        info!(
            message.id = held.parcel.message_id.as_str(),
            subscription.id = delivery.subscription,
            attempts = delivery.attempts,
            reason,
            detail,
            "delivery.dead"
        );
        self.road.metrics().dead_letters_total.with_label_values(&[reason]).inc();
        self.record_end(ticket, reason, &detail, delivery.attempts);
        let now = wall_clock();
        self.publish(ticket, move |names, work| {
            let letter = DeadLetter::of_delivery(reason, detail, work, delivery, now);
            Ok(Outgoing::dead_letter(names, letter.encode()?))
        });
    }

    fn go_to_lane(&mut self, ticket: Ticket, lane: Lane, delivery: Delivery) {
        self.publish(ticket, move |names, work| Ok(Outgoing::to_lane(names, &lane, work.encode(&[delivery])?)));
    }

    pub(super) fn climb(&mut self, ticket: Ticket, delay: Delay, delivery: Delivery) {
        self.metrics.retry_scheduled_total.with_label_values(&[LEVELS[delay.entry_level() as usize]]).inc();
        let lane = self.lane_to_return_to(ticket, &delivery);
        self.publish(ticket, move |names, work| {
            Ok(Outgoing::to_lane_after(names, &lane, delay, work.encode(&[delivery])?))
        });
    }

    /// The lane a delivery comes back to: the one it came by, unless that is an own lane to which nothing more is to go.
    fn lane_to_return_to(&self, ticket: Ticket, delivery: &Delivery) -> Lane {
        let lane = self.groups.lane(ticket).and_then(|lane| self.lines.get(lane)).map(|line| line.lane.clone());
        match lane {
            Some(lane @ (Lane::Work(_) | Lane::Slow(_))) => lane,
            Some(lane @ Lane::Own(_)) if self.has_open_lane(&delivery.subscription) => lane,
            _ => Lane::slow_for(&delivery.subscription),
        }
    }

    /// Publishes what comes next for a delivery. The message is made late, in its turn: made at once for all that wait, the
    /// payload's copies would fill the memory.
    fn publish(
        &mut self,
        ticket: Ticket,
        make: impl FnOnce(&Names, &Work) -> Result<Outgoing, FrameError> + Send + 'static,
    ) {
        self.groups.begin(ticket);
        let Some(held) = self.groups.get(ticket) else { return };
        let (parcel, turns) = (Arc::clone(&held.parcel), Arc::clone(&self.turns));
        let (names, publisher, report) = (self.road.names.clone(), self.road.publisher.clone(), self.published.clone());
        tokio::spawn(async move {
            // The semaphore is never closed.
            let _turn = turns.acquire().await;
            let result = match make(&names, &parcel.work) {
                Ok(outgoing) => publisher.publish_until_confirmed(outgoing).await,
                Err(error) => {
                    return error!(%error, "what comes next for a delivery cannot be written; it stays where it was");
                }
            };
            // The dispatcher outlives its publishes, but for a process that is ending.
            let _ending = report.send((ticket, result)).await;
        });
    }

    pub(super) fn count(&self, outcome: &str, fault: &str) {
        self.metrics.deliveries_total.with_label_values(&[outcome, fault]).inc();
    }

    fn moved(&self, to: &str) {
        self.metrics.deliveries_moved_total.with_label_values(&[to]).inc();
    }
}

/// The levels of the ladder as metric labels.
const LEVELS: [&str; 18] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17"];

/// The delivery as it goes on by itself. The broker counts its returns anew, so it takes the count along.
fn unattempted(held: &Held) -> Delivery {
    Delivery { returned: held.returned, ..held.parcel.delivery(held.index).clone() }
}
