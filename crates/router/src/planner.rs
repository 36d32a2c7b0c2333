//! From a message to the plan for it: CPU only, no waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};

use barid_broker::dead_letter::DeadLetter;
use barid_broker::delay::{Delay, RETRY_AFTER_BITS};
use barid_broker::frame::FrameError;
use barid_broker::ledger::{Malformed, Writer};
use barid_broker::outgoing::{Kind, Outgoing};
use barid_broker::publisher::MAX_BODY;
use barid_broker::work::{Delivery, SLACK, Work};
use barid_broker::{Incoming, Names, own_lanes};
use barid_event::amqp::Read;
use barid_registry::{Facts, OwnLane, Scratch, Snapshot, Subscription, check_fanout};
use chrono::{DateTime, Utc};
use tracing::{debug, warn};
use uuid::Uuid;

use crate::admission::{Refusal, Rules, admit};
use crate::config::Config;
use crate::fanout::{Home, fanout};
use crate::filters::{Filters, Tally};
use crate::lanes::Lanes;
use crate::plan::{Outcome, Plan};
use crate::records::{self, Decision};
use crate::slow::{MAX_SLOW, SlowSet};
use crate::strays::{self, Stray};

/// The number messages of the inbox carry.
pub(crate) const INBOX: usize = 0;

/// The number messages of the queue of unrouted messages carry.
pub(crate) const UNROUTED: usize = 1;

/// The routing key of canaries.
const CANARY_KEY: &str = "barid.canary";

/// The longest id of a canary, in bytes: a UUID has 36.
const MAX_CANARY_ID: usize = 64;

/// The largest payload passed on, in bytes: with its envelope and deliveries it still fits a message. Of a larger one the
/// dead letter keeps only the beginning.
const MAX_PAYLOAD: usize = MAX_BODY - 1024 * 1024;

/// Makes plans, and keeps what they depend on.
pub(crate) struct Planner {
    pub(crate) lanes: Lanes,
    pub(crate) slow: SlowSet,
    names: Names,
    rules: Rules,
    work_lanes: u16,
    max_fanout: u32,
    scratch: Scratch,
    filters: Filters,
    ledger: Option<Writer>,
}

impl Planner {
    pub(crate) fn new(config: &Config, names: Names, ledger: Option<Writer>) -> Self {
        let mut limits = config.limits;
        limits.max_body = limits.max_body.min(MAX_PAYLOAD);
        Self {
            lanes: Lanes::new(config.work_lanes, config.lanes_per_tenant),
            slow: SlowSet::new(MAX_SLOW),
            names,
            rules: Rules { limits, publishers: config.publishers.clone() },
            work_lanes: config.work_lanes,
            max_fanout: config.max_fanout,
            scratch: Scratch::default(),
            filters: Filters::default(),
            ledger,
        }
    }

    /// The plan for a message. A panic on the way makes it a dead letter, and nothing else.
    ///
    /// # Errors
    /// When not even its dead letter can be written: back to the queue with it, whose limit ends this.
    pub(crate) fn plan(
        &mut self,
        incoming: &Incoming,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
    ) -> Result<Plan, FrameError> {
        let decided = catch_unwind(AssertUnwindSafe(|| self.decide(incoming, snapshot, now)));
        let refusal = match decided {
            Ok(Ok(plan)) => return Ok(plan),
            Ok(Err(refusal)) => refusal,
            Err(_) => {
                self.scratch = Scratch::default();
                Refusal::Panicked
            }
        };
        self.bury(&refusal, incoming, now)
    }

    fn decide(&mut self, incoming: &Incoming, snapshot: &Snapshot, now: DateTime<Utc>) -> Result<Plan, Refusal> {
        let content_type = incoming.content_type();
        let stray = if incoming.from == INBOX {
            Stray::Publication
        } else {
            strays::classify(&self.names, &incoming.exchange, content_type)
        };
        match stray {
            Stray::Publication
                if incoming.routing_key == CANARY_KEY && content_type == Some(Kind::Canary.content_type()) =>
            {
                // Whoever may publish events may forge one: what cannot be ours says nothing.
                let id = std::str::from_utf8(&incoming.body).ok().filter(|id| id.len() <= MAX_CANARY_ID);
                let through_inbox = id.filter(|_| incoming.from == INBOX).map(str::to_owned);
                let astray = incoming.from == UNROUTED;
                Ok(Plan::now(Outcome::Canary { through_inbox, astray }, Vec::new()))
            }
            Stray::Publication => self.route(incoming, snapshot, now),
            Stray::Deliveries => self.reroute(incoming, snapshot, now),
            Stray::DeadLetter => Ok(Plan {
                outcome: Outcome::Rerouted,
                messages: vec![Outgoing::dead_letter(&self.names, incoming.body.clone())],
                records: Vec::new(),
                pause: strays::PAUSE,
            }),
            Stray::Unknown => Err(Refusal::Unrouted(incoming.exchange.clone())),
        }
    }

    /// An event, for everybody who wants it.
    fn route(&mut self, incoming: &Incoming, snapshot: &Snapshot, now: DateTime<Utc>) -> Result<Plan, Refusal> {
        let hops = incoming.hops();
        let (message, returned) = (incoming.message(), incoming.returned);
        let Read { event, id_was_made } = admit(&message, hops, returned, &self.rules, now, Uuid::now_v7)?;
        let warning = snapshot.admit(&event)?;
        if let Some(mismatch) = &warning {
            let (id, event_type) = (event.envelope.id.as_str(), event.envelope.event_type.as_str());
            debug!(event.id = id, event.r#type = event_type, detail = %mismatch, "an event does not match its schema");
        }
        let limit = snapshot.fanout_limit(&event.envelope.tenant, self.max_fanout);
        let work = Work {
            envelope: event.envelope,
            accepted_at: now,
            revision: snapshot.revision(),
            hops,
            deliveries: Vec::new(),
            data: event.data,
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let envelope = &work.envelope;
        let (facts, mut filtered) = (Facts::new(envelope, &work.data), Tally::default());
        let matching = snapshot.matching(&envelope.tenant, &envelope.event_type, &mut scratch);
        let matching = matching.filter(|subscription| self.filters.wants(subscription, &facts, &mut filtered));
        let wanted: Vec<_> = matching.collect();
        let fanout = wanted.len();
        check_fanout(fanout, limit)?;
        let deliveries = wanted.iter().map(|subscription| {
            let home = home(subscription);
            (Delivery::first(subscription.id.as_str(), expires_at(subscription, home, now)), home)
        });
        let messages = self.pack(&work, deliveries, None, snapshot)?;
        let decision = Decision { incoming, work: &work, id_was_made, wanted: &wanted, filtered: &filtered };
        let records = self.ledger.as_ref().map(|ledger| records::routed(ledger, &decision)).unwrap_or_default();
        self.scratch = scratch;
        let outcome = Outcome::Routed { fanout, id_was_made, schema_warned: warning.is_some(), filtered };
        Ok(Plan { records, ..Plan::now(outcome, messages) })
    }

    /// Deliveries whose lane is gone, as they were, into the lanes where they belong today; onto the ladder again if they are not due yet.
    fn reroute(&mut self, incoming: &Incoming, snapshot: &Snapshot, now: DateTime<Utc>) -> Result<Plan, Refusal> {
        let mut work = Work::decode(&incoming.body).map_err(Refusal::UnreadableWork)?;
        let deliveries = std::mem::take(&mut work.deliveries);
        let due = deliveries.iter().filter_map(|delivery| delivery.due_at);
        let wait = due.max().and_then(|due| (due - now).to_std().ok());
        let delay = wait.filter(|wait| !wait.is_zero()).map(|wait| Delay::at_least(wait, RETRY_AFTER_BITS));
        let has_own_lane = |id: &str| snapshot.get(id).is_some_and(|subscription| home(subscription) == Home::Own);
        let pause = strays::pause(&incoming.routing_key, self.work_lanes, has_own_lane);
        let deliveries = deliveries.into_iter().map(|delivery| rehome(delivery, snapshot, now));
        let messages = self.pack(&work, deliveries, delay, snapshot)?;
        Ok(Plan { outcome: Outcome::Rerouted, messages, records: Vec::new(), pause })
    }

    /// The messages that carry these deliveries of one event.
    fn pack(
        &mut self,
        work: &Work,
        deliveries: impl IntoIterator<Item = (Delivery, Home)>,
        delay: Option<Delay>,
        snapshot: &Snapshot,
    ) -> Result<Vec<Outgoing>, FrameError> {
        let Self { lanes, slow, names, .. } = self;
        let (tenant, is_alone) = (&work.envelope.tenant, snapshot.tenants() == 1);
        let groups = fanout(deliveries, |subscription| slow.contains(subscription), || lanes.next(tenant, is_alone));
        let message = |(lane, deliveries): &(_, Vec<_>)| {
            let body = work.encode(deliveries)?;
            Ok(match delay {
                Some(delay) => Outgoing::to_lane_after(names, lane, delay, body),
                None => Outgoing::to_lane(names, lane, body),
            })
        };
        groups.iter().map(message).collect()
    }

    /// The one log line about a message that is refused, and the plan to keep it as a dead letter.
    fn bury(&self, refusal: &Refusal, incoming: &Incoming, now: DateTime<Utc>) -> Result<Plan, FrameError> {
        let mut original = incoming.original();
        warn!(
            reason = refusal.reason(),
            detail = %refusal,
            exchange = ?original.exchange,
            routing_key = ?original.routing_key,
            message_id = ?original.message_id,
            bytes = original.body.len(),
            "a message becomes a dead letter"
        );
        let mut detail = refusal.to_string();
        if original.body.len() > MAX_PAYLOAD {
            let length = original.body.len();
            detail = format!("{detail} (kept: the first {MAX_PAYLOAD} of {length} bytes)");
            original.body.truncate(MAX_PAYLOAD);
        }
        let letter = DeadLetter::of_message(refusal.reason(), detail, original, now);
        let message = Outgoing::dead_letter(&self.names, letter.encode()?);
        let record = |ledger: &Writer| Some(ledger.append(&Malformed::of(&letter, &incoming.body)?));
        let records = self.ledger.as_ref().and_then(record).into_iter().collect();
        let outcome =
            Outcome::Dead { reason: refusal.reason(), is_malformed: matches!(refusal, Refusal::Malformed(_)) };
        Ok(Plan { records, ..Plan::now(outcome, vec![message]) })
    }
}

/// Where a subscription's deliveries belong by what the registry says.
fn home(subscription: &Subscription) -> Home {
    if subscription.lane == OwnLane::Open { Home::Own } else { Home::Shared }
}

/// When a delivery that is routed now is given up: when the subscription says, wherever it waits until then, or else with
/// all the time that its schedule takes.
fn expires_at(subscription: &Subscription, home: Home, now: DateTime<Utc>) -> DateTime<Utc> {
    match (subscription.policy.horizon(), home) {
        (Some(horizon), _) => now + horizon,
        (None, Home::Shared) => now + (subscription.horizon() + SLACK),
        (None, Home::Own) => own_lanes::expires_at(now, subscription.horizon()),
    }
}

/// Where a delivery that was on its way elsewhere belongs, with the time it may take there. Whoever tests a subscription waits
/// for the answer, so a test goes to no lane where it might have to wait.
fn rehome(delivery: Delivery, snapshot: &Snapshot, now: DateTime<Utc>) -> (Delivery, Home) {
    let subscription = snapshot.get(&delivery.subscription).filter(|subscription| home(subscription) == Home::Own);
    match subscription {
        Some(subscription) if delivery.test.is_none() => {
            let expires_at = match subscription.policy.horizon() {
                Some(_) => delivery.expires_at,
                None => expires_at(subscription, Home::Own, now),
            };
            (Delivery { expires_at, ..delivery }, Home::Own)
        }
        _ => (delivery, Home::Shared),
    }
}

#[cfg(test)]
mod tests {
    use barid_registry::Settings;
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// A subscription with this in `delivery.retry`, and a lane of its own.
    fn subscription(retry: &str) -> Subscription {
        let text = format!(
            "subscriptions: [{{name: a, events: ['#'], destination: {{url: 'https://example.com/'}}, \
             signing: {{secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}, delivery: {{retry: {{{retry}}}}}}}]"
        );
        let read: Vec<_> = barid_registry::file::parse(&text, false).unwrap().iter().map(Settings::compile).collect();
        Subscription { lane: OwnLane::Open, ..read[0].clone() }
    }

    #[test]
    fn a_delivery_has_the_time_of_its_schedule_unless_its_subscription_sets_a_horizon() {
        let usual = subscription("schedule: []");
        assert_eq!(expires_at(&usual, Home::Shared, NOW) - NOW, TimeDelta::seconds(15) + TimeDelta::hours(24));
        assert!(expires_at(&usual, Home::Own, NOW) - NOW > TimeDelta::days(30));
        let short = subscription("schedule: [5h], horizon: 2h");
        assert_eq!(expires_at(&short, Home::Shared, NOW) - NOW, TimeDelta::hours(2));
        assert_eq!(expires_at(&short, Home::Own, NOW) - NOW, TimeDelta::hours(2));
    }

    #[test]
    fn a_horizon_goes_on_while_a_delivery_waits_in_an_own_lane() {
        let later = NOW + TimeDelta::hours(1);
        for (retry, stays) in [("horizon: 2h", true), ("schedule: []", false)] {
            let subscription = subscription(retry);
            let delivery = Delivery::first(subscription.id.as_str(), NOW + TimeDelta::hours(2));
            let snapshot = Snapshot::compile(vec![subscription], None).unwrap();
            let (moved, home) = rehome(delivery.clone(), &snapshot, later);
            assert_eq!((home, moved.expires_at == delivery.expires_at), (Home::Own, stays), "{retry}");
        }
    }
}
