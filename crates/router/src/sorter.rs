//! The one loop that acts: it takes messages, has them planned, publishes, and settles what is done.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use barid_broker::consumer::{Consumer, FIRST_PREFETCH, Flow};
use barid_broker::control::Notice;
use barid_broker::ledger::Writer;
use barid_broker::{Incoming, Receipt, Road};
use barid_registry::Snapshot;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::checks::{CONFIRM_PATIENCE, Checks};
use crate::config::Config;
use crate::gate::Gate;
use crate::metrics::{Consumed, Filtered, Metrics};
use crate::plan::{Outcome, Plan};
use crate::planner::{INBOX, Planner, UNROUTED};
use crate::work::{Finished, Patience, carry_out};

/// Unrouted messages that are in work at a time. There should be none.
const UNROUTED_PREFETCH: u16 = 64;

/// Messages taken at a time, between two looks at everything else.
const BATCH: usize = 64;

/// How often the publisher is asked how it does.
const PULSE: Duration = Duration::from_millis(100);

/// A message handed out before this often may be the reason: it is handled with no other in work.
const SUSPECT_RETURNED: u32 = 2;

/// The longest time for a suspect, since all others wait for it.
const SUSPECT_PATIENCE: Duration = Duration::from_secs(5);

/// The loop's state.
pub(crate) struct Sorter {
    road: Road,
    ledger: Option<Writer>,
    planner: Planner,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    depths: watch::Receiver<Vec<u32>>,
    consumers: [Consumer; 2],
    messages: mpsc::Receiver<Incoming>,
    /// Taken and not begun: a suspect, and what came after it.
    waiting: VecDeque<Incoming>,
    /// Whether what is in work is a suspect.
    is_suspect_in_work: bool,
    gate: Gate,
    give_back_after: Duration,
    patience: Patience,
    is_stopping: bool,
    checks: Checks,
    metrics: Metrics,
    consumed: Consumed,
    filtered: Filtered,
}

impl Sorter {
    /// Starts to consume.
    pub(crate) fn new(
        config: &Config,
        road: &Road,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        depths: watch::Receiver<Vec<u32>>,
        checks: Checks,
        metrics: Metrics,
    ) -> Self {
        // Everything the broker may hand out fits, twice: what a lost channel left is still there while the next one
        // fills up.
        let (prefetch, names) = (config.prefetch, &road.names);
        let room = [prefetch, UNROUTED_PREFETCH, FIRST_PREFETCH, FIRST_PREFETCH];
        let room = room.map(usize::from).iter().sum::<usize>() * 2;
        let (out, messages) = mpsc::channel(room);
        let consumers = [
            road.consume(INBOX, names.inbox(), prefetch, out.clone()),
            road.consume(UNROUTED, names.unrouted(), UNROUTED_PREFETCH, out),
        ];
        Self {
            planner: Planner::new(config, names.clone(), road.ledger()),
            road: road.clone(),
            ledger: road.ledger(),
            snapshots,
            depths,
            consumers,
            messages,
            waiting: VecDeque::new(),
            is_suspect_in_work: false,
            gate: Gate::Shut(Instant::now()),
            give_back_after: config.give_back_after,
            // The gate closes first, if it is not this message alone that cannot be published: what is given back before
            // the consumers are stopped comes right back.
            patience: Patience { each: 2 * config.give_back_after, all: CancellationToken::new() },
            is_stopping: false,
            checks,
            consumed: Consumed::of(&metrics),
            filtered: Filtered::of(&metrics),
            metrics,
        }
    }

    /// Sorts until `stop`, and then until the consumers hold nothing any more.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut in_work = FuturesUnordered::new();
        let mut batch = Vec::with_capacity(BATCH);
        let mut notices = self.road.control.notices();
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let consumers = self.consumers.clone();
        let mut drained = pin!(join_all(consumers.iter().map(Consumer::drained)));
        loop {
            let wants_more = self.waiting.is_empty() && (self.may_begin() || self.gives_back());
            tokio::select! {
                // What is rare comes first: under load the last two are always ready.
                biased;
                () = stop.cancelled(), if !self.is_stopping => self.is_stopping = true,
                _ = &mut drained, if self.is_stopping => return,
                _ = pulse.tick() => self.look(),
                Ok(()) = self.depths.changed() => {
                    self.planner.lanes.measured(&self.depths.borrow_and_update());
                }
                // Notices that were lost cost hand-overs, no more.
                Ok(notice) = notices.recv() => self.hear(&notice),
                Some(finished) = in_work.next() => self.settle(finished),
                _ = self.messages.recv_many(&mut batch, BATCH), if wants_more => {}
            }
            self.waiting.extend(batch.drain(..));
            if self.gives_back() {
                while let Some(incoming) = self.waiting.pop_front() {
                    self.give_back(incoming.receipt);
                }
            }
            if self.waiting.is_empty() || !self.may_begin() {
                continue;
            }
            let snapshot = Arc::clone(&self.snapshots.borrow());
            let (taken, now) = (Instant::now(), now());
            while let Some((incoming, patience)) = self.next(in_work.is_empty()) {
                if let Some((plan, receipt)) = self.plan(incoming, &snapshot, taken, now) {
                    let publisher = self.road.publisher.clone();
                    in_work.push(carry_out(publisher, plan, receipt, patience, taken));
                }
            }
        }
    }

    /// Whether messages may be begun.
    fn may_begin(&self) -> bool {
        self.gate == Gate::Open
    }

    /// Whether messages that are not begun go back to their queues.
    fn gives_back(&self) -> bool {
        self.gate == Gate::Closed || (self.is_stopping && !self.may_begin())
    }

    /// The next message to begin, and how long it may take. A suspect is begun when nothing is in work, and nothing else
    /// until it is done.
    fn next(&mut self, is_idle: bool) -> Option<(Incoming, Patience)> {
        let is_suspect = self.waiting.front()?.returned >= SUSPECT_RETURNED;
        if !is_idle && (self.is_suspect_in_work || is_suspect) {
            return None;
        }
        self.is_suspect_in_work = is_suspect;
        let mut patience = self.patience.clone();
        if is_suspect {
            patience.each = patience.each.min(SUSPECT_PATIENCE);
        }
        Some((self.waiting.pop_front()?, patience))
    }

    /// Has a message planned. Nothing is returned when it is settled already.
    fn plan(
        &mut self,
        incoming: Incoming,
        snapshot: &Snapshot,
        taken: Instant,
        now: DateTime<Utc>,
    ) -> Option<(Plan, Receipt)> {
        // The broker hands it out again, whatever is done here.
        if !incoming.receipt.is_live() {
            return None;
        }
        let planned = self.planner.plan(&incoming, snapshot, now);
        let receipt = incoming.receipt;
        match planned {
            Ok(plan) if plan.messages.is_empty() && plan.records.is_empty() => {
                self.settle(Finished { receipt, outcome: Some(plan.outcome), taken });
                None
            }
            Ok(plan) => Some((plan, receipt)),
            Err(error) => {
                error!(%error, "a dead letter cannot be written; the message goes back to its queue");
                self.give_back(receipt);
                None
            }
        }
    }

    /// Settles a message: the one place where one is acknowledged.
    fn settle(&mut self, finished: Finished) {
        let Some(outcome) = finished.outcome else {
            return self.give_back(finished.receipt);
        };
        finished.receipt.ack();
        let took = finished.taken.elapsed();
        self.metrics.route_duration_seconds.observe(took.as_secs_f64());
        let consumed = &self.consumed;
        match outcome {
            Outcome::Routed { fanout, id_was_made, schema_warned, filtered } => {
                self.filtered.count(&filtered);
                let counter = if fanout == 0 { &consumed.unmatched } else { &consumed.routed };
                counter.inc();
                // The largest fan-out is the number of subscriptions, which a float holds exactly.
                #[expect(clippy::cast_precision_loss, reason = "a count of subscriptions is far below 2^52")]
                self.metrics.router_fanout_size.observe(fanout as f64);
                self.metrics.events_id_made_total.inc_by(u64::from(id_was_made));
                self.metrics.schema_warnings_total.inc_by(u64::from(schema_warned));
            }
            Outcome::Rerouted => consumed.rerouted.inc(),
            Outcome::Dead { reason, is_malformed } => {
                let counter = if is_malformed { &consumed.invalid } else { &consumed.refused };
                counter.inc();
                let dead_letters = &self.road.metrics().dead_letters_total;
                dead_letters.with_label_values(&[reason]).inc();
            }
            Outcome::Canary { through_inbox, astray } => {
                consumed.canary.inc();
                self.answer(through_inbox, astray);
            }
        }
    }

    /// A canary: tells everybody that it came, or notes that it went astray.
    fn answer(&self, through_inbox: Option<String>, astray: bool) {
        if let Some(id) = through_inbox {
            self.road.control.tell(&Notice::Canary { id });
        }
        if !astray {
            return;
        }
        let names = &self.road.names;
        let (inbox, events, unrouted) = (names.inbox(), names.events(), names.unrouted());
        self.checks.inbox.set_failing(format!("a canary ended in {unrouted}: bind {inbox} to {events} with '#'"));
    }

    fn give_back(&self, receipt: Receipt) {
        receipt.requeue();
        self.consumed.given_back.inc();
    }

    fn hear(&mut self, notice: &Notice) {
        self.planner.slow.hear(notice);
        let slow = self.planner.slow.len();
        self.metrics.slow_subscriptions.set(i64::try_from(slow).unwrap_or(i64::MAX));
    }

    /// Looks whether publishing works, and acts on a change.
    fn look(&mut self) {
        let health = self.road.publisher.health();
        let stalls = self.consumers.iter().map(Consumer::stalls).max();
        let can_record = self.ledger.as_ref().is_none_or(|ledger| ledger.accepts_work(CONFIRM_PATIENCE));
        self.checks.report(&health, can_record, stalls.unwrap_or_default());

        let accepts_work = can_record && health.accepts_work(CONFIRM_PATIENCE);
        let before = self.gate;
        self.gate = before.observe(accepts_work, Instant::now(), self.give_back_after);
        match (before, self.gate) {
            (before, Gate::Closed) if before != Gate::Closed => {
                warn!("publishing has been impossible for long: messages go back to their queues");
                self.set_flow(Flow::Stopped);
                self.patience.all.cancel();
                self.patience.all = CancellationToken::new();
            }
            (Gate::Closed, Gate::Open) => {
                info!("publishing works again");
                self.set_flow(Flow::Running);
            }
            _ => {}
        }
    }

    /// Consumers that are stopping for good stay stopped.
    fn set_flow(&self, flow: Flow) {
        if !self.is_stopping {
            for consumer in &self.consumers {
                consumer.set_flow(flow);
            }
        }
    }
}

/// The shell's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the outermost shell of this crate; everything below takes the time as an argument"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
