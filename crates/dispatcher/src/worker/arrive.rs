//! Messages that come in, delivery by delivery.

use std::sync::Arc;

use barid_broker::dead_letter::DeadLetter;
use barid_broker::ledger::{Malformed, Writer};
use barid_broker::outgoing::Outgoing;
use barid_broker::work::Work;
use barid_broker::{Incoming, Receipt};
use tracing::error;

use super::{Dispatcher, now, wall_clock};
use crate::groups::Arrival;
use crate::parcel::Parcel;
use crate::scheduler::{Offer, Ticket, Trust};
use crate::unknown::{self, Unknown};

/// From this time on that a message comes back, its deliveries are handled by themselves.
pub(super) const RETURNS_TO_SPLIT: u32 = 2;

/// From this time on, with no other of its kind beside it. Lost connections and stopping processes raise the count too, so
/// there may be many innocent ones below.
const RETURNS_TO_ISOLATE: u32 = 5;

impl Dispatcher {
    pub(super) fn arrived(&mut self, incoming: Incoming) {
        if !incoming.receipt.is_live() {
            // Its channel ended while it was on its way here: the broker hands it out again.
            return;
        }
        if self.flow.is_stopping() || self.flow.gives_back() {
            incoming.receipt.requeue();
            return;
        }
        if !self.is_consumed(incoming.from) {
            // It was on its way when its lane was let go of: it keeps its place there.
            incoming.receipt.requeue();
            return;
        }
        self.note_session(incoming.from, &incoming.receipt);
        let work = match Work::decode(&incoming.body) {
            Ok(work) => work,
            Err(error) => return self.bury_unreadable(incoming, &error.to_string()),
        };
        let (lane, returned, again) = (incoming.from, incoming.returned, incoming.redelivered);
        let parcel = Parcel::new(work);
        let mut new = Vec::with_capacity(parcel.work.deliveries.len());
        let mut known = 0;
        let all_done =
            self.groups.arrive(incoming.receipt, lane, &parcel, again, returned, |index, arrival| match arrival {
                Arrival::New(ticket) => new.push((index, ticket)),
                Arrival::Known => known += 1,
            });
        self.metrics.results_reused_total.inc_by(known);
        if let Some(receipt) = all_done {
            receipt.ack();
        }
        if returned >= RETURNS_TO_SPLIT && parcel.work.deliveries.len() > 1 {
            for (_, ticket) in new {
                self.send_back_alone(ticket);
            }
            return;
        }
        for (index, ticket) in new {
            self.take_up(&parcel, index, ticket, lane);
        }
    }

    /// Notices that a lane's messages come by a new channel: what came by the old one and is not done is handed out again.
    fn note_session(&mut self, lane: usize, receipt: &Receipt) {
        if self.lines[lane].session.as_ref().is_some_and(|session| !session.is_live()) {
            self.abandon_ended();
        }
        self.lines[lane].session.get_or_insert_with(|| receipt.session());
    }

    fn take_up(&mut self, parcel: &Arc<Parcel>, index: usize, ticket: Ticket, lane: usize) {
        let Some(returned) = self.groups.get(ticket).map(|held| held.returned) else { return };
        let delivery = parcel.delivery(index);
        if let Some(test) = &delivery.test {
            return self.try_out(parcel, index, ticket, test);
        }
        if returned >= self.config.limits.max_returns {
            let detail = format!("its message came back {returned} times: does it crash the dispatcher?");
            return self.bury(ticket, "delivery_limit", detail);
        }
        if wall_clock() >= delivery.expires_at {
            return self.bury(ticket, "expired", format!("it was to be delivered by {}", delivery.expires_at));
        }
        let Some(subscription) = self.snapshot.get(&delivery.subscription).map(Arc::clone) else {
            return self.unknown(parcel, index, ticket);
        };
        if subscription.paused {
            return self.set_aside(ticket, &subscription);
        }
        self.groups.set_subscription(ticket, Arc::clone(&subscription));
        let offer = Offer { subscription, origin: self.lines[lane].origin(), trust: trust(returned) };
        let open = self.is_open();
        self.scheduler.offer(ticket, &offer, open, now());
        self.act();
    }

    fn unknown(&mut self, parcel: &Parcel, index: usize, ticket: Ticket) {
        let delivery = parcel.delivery(index);
        let absent_at = self.snapshot.absent_at(&delivery.subscription);
        match unknown::decide(parcel.work.revision, absent_at, delivery.unknown, self.config.limits.max_unknown) {
            Unknown::Wait => {
                // Without a revision it comes from a file, and no store knows better.
                if parcel.work.revision.is_some() {
                    self.refresh.notify_one();
                }
                self.wait_to_be_known(ticket);
            }
            Unknown::Deleted => self.cancel(ticket),
            Unknown::GiveUp => {
                let detail = format!("no subscription {} was known here", delivery.subscription);
                self.bury(ticket, "subscription_unknown", detail);
            }
        }
    }

    /// A message that is none of ours, or of a newer version: kept as a dead letter.
    fn bury_unreadable(&mut self, incoming: Incoming, why: &str) {
        error!(lane = %self.lines[incoming.from].lane, why, "a message in a lane is unreadable and becomes a dead letter");
        self.road.metrics().dead_letters_total.with_label_values(&["unreadable"]).inc();
        let letter = DeadLetter::of_message("unreadable", why.to_owned(), incoming.original(), wall_clock());
        let Ok(body) = letter.encode() else {
            return incoming.receipt.requeue();
        };
        let record = |ledger: &Writer| Some(ledger.append(&Malformed::of(&letter, &incoming.body)?));
        let recorded = self.records.writer().and_then(record);
        let (publisher, outgoing) = (self.road.publisher.clone(), Outgoing::dead_letter(&self.road.names, body));
        tokio::spawn(async move {
            let is_kept = publisher.publish_until_confirmed(outgoing).await.is_ok();
            let is_recorded = match recorded {
                Some(record) => record.confirmed().await,
                None => true,
            };
            if is_kept && is_recorded { incoming.receipt.ack() } else { incoming.receipt.requeue() }
        });
    }
}

fn trust(returned: u32) -> Trust {
    match returned {
        ..RETURNS_TO_SPLIT => Trust::Full,
        RETURNS_TO_SPLIT..RETURNS_TO_ISOLATE => Trust::Suspect,
        RETURNS_TO_ISOLATE.. => Trust::Alone,
    }
}
