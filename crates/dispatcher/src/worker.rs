//! The task that runs a dispatcher.

mod arrive;
mod attempts;
mod flow;
mod own;
mod records;
mod settle;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use barid_broker::consumer::Consumer;
use barid_broker::control::Notice;
use barid_broker::topology::lanes;
use barid_broker::{Incoming, PublishError, Receipt, Road};
use barid_egress::Clients;
use barid_registry::Snapshot;
use barid_telemetry::{Check, Health};
use slab::Slab;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::attempt::Attempted;
use crate::config::Config;
use crate::groups::Groups;
use crate::metrics::Metrics;
use crate::scheduler::{Scheduler, Ticket};
use flow::Flow;
use own::{Line, OwnLanes};
use records::Records;

/// How often what waits is looked at.
const TICK: Duration = Duration::from_millis(25);

/// Publishes made at a time. Each holds a copy of its payload.
const PUBLISHES: usize = 256;

/// Messages taken in one turn, before anything else is looked at.
const TURN: usize = 64;

/// A publish that has ended, for this delivery.
type Published = (Ticket, Result<(), PublishError>);

/// The dispatcher role of one process.
pub struct Dispatcher {
    config: Config,
    road: Road,
    metrics: Metrics,
    clients: Clients,
    /// The lanes consumed, by the number that their messages carry: all that are shared, then own ones, which come and go.
    lines: Slab<Line>,
    own: OwnLanes,
    /// Asks for a look at the store.
    refresh: Arc<Notify>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    snapshot: Arc<Snapshot>,
    scheduler: Scheduler,
    groups: Groups<Receipt>,
    records: Records,
    flow: Flow,
    attempted: mpsc::Sender<Attempted>,
    published: mpsc::Sender<Published>,
    /// Whose publish is being made; the others wait without a message in memory.
    turns: Arc<Semaphore>,
    reports: Option<Reports>,
    ready: Check,
    alive: Check,
}

/// Where attempts and publishes report to.
struct Reports {
    attempted: mpsc::Receiver<Attempted>,
    published: mpsc::Receiver<Published>,
    recorded: mpsc::Receiver<u64>,
}

impl Dispatcher {
    /// A dispatcher for the subscriptions in `snapshots`. It asks for a newer one by `refresh` when it meets a delivery that
    /// was routed with one.
    ///
    /// # Errors
    /// When the HTTP client cannot be made, for example for want of certificates.
    pub fn new(
        config: Config,
        road: Road,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        health: &Health,
        metrics: Metrics,
        refresh: Arc<Notify>,
    ) -> Result<Self, barid_egress::BuildError> {
        let clients = Clients::new(config.egress.clone())?;
        let lines: Slab<Line> = lanes(config.work_lanes).map(Line::new).enumerate().collect();
        let slots = config.limits.slots + config.limits.slow_slots;
        let (attempted, attempted_rx) = mpsc::channel(slots);
        let (published, published_rx) = mpsc::channel(slots);
        let (records, recorded) = Records::new(road.ledger());
        metrics.dispatcher_slots.set(i64::try_from(slots).unwrap_or(i64::MAX));
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let mut scheduler = Scheduler::new(config.limits.clone());
        scheduler.set_single_tenant(snapshot.tenants() <= 1);
        Ok(Self {
            scheduler,
            clients,
            lines,
            own: OwnLanes::default(),
            refresh,
            flow: Flow::new(config.limits.confirm_patience, config.limits.blocked_patience),
            groups: Groups::new(),
            records,
            snapshot,
            snapshots,
            attempted,
            published,
            turns: Arc::new(Semaphore::new(PUBLISHES)),
            reports: Some(Reports { attempted: attempted_rx, published: published_rx, recorded }),
            ready: health.readiness("dispatcher"),
            alive: health.liveness("dispatcher"),
            config,
            road,
            metrics,
        })
    }

    /// Works until `stop`; then takes nothing new, finishes what is under way, gives back the rest, and returns when
    /// everything is settled and acknowledged.
    pub async fn run(mut self, stop: CancellationToken) {
        let Some(mut reports) = self.reports.take() else {
            return;
        };
        let prefetch = self.config.limits.prefetch;
        let (inbox_tx, mut inbox) = mpsc::channel(usize::from(prefetch) * self.lines.len());
        let consumers: Vec<Consumer> = self
            .lines
            .iter()
            .map(|(from, line)| {
                self.road.consume(from, self.road.names.lane_queue(&line.lane), prefetch, inbox_tx.clone())
            })
            .collect();
        self.own.use_inbox(inbox_tx);
        self.tend_own_lanes();
        let mut notices = self.road.control.notices();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        info!(lanes = self.lines.len(), "dispatching");
        while !(self.flow.is_stopping() && self.groups.is_empty()) {
            // In no particular order: under load attempts are always ready, and must not keep the timer waiting.
            tokio::select! {
                Some(attempted) = reports.attempted.recv() => {
                    self.attempted(attempted);
                    for _ in 0..TURN {
                        let Ok(attempted) = reports.attempted.try_recv() else { break };
                        self.attempted(attempted);
                    }
                }
                Some(published) = reports.published.recv() => self.published(published),
                Some(batch) = reports.recorded.recv() => self.recorded(batch),
                Some(incoming) = inbox.recv() => {
                    self.arrived(incoming);
                    for _ in 0..TURN {
                        let Ok(incoming) = inbox.try_recv() else { break };
                        self.arrived(incoming);
                    }
                }
                _ = tick.tick() => self.tick(&consumers),
                Ok(()) = self.snapshots.changed() => self.renew_snapshot(),
                notice = notices.recv() => self.heard(notice),
                () = stop.cancelled(), if !self.flow.is_stopping() => self.stop(&consumers),
            }
            self.act();
        }
        let consumers: Vec<Consumer> = consumers.into_iter().chain(self.own.consumers()).collect();
        give_back_until_drained(&consumers, &mut inbox).await;
        info!("stopped dispatching");
    }

    fn renew_snapshot(&mut self) {
        self.snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        self.scheduler.set_single_tenant(self.snapshot.tenants() <= 1);
        self.tend_own_lanes();
        self.set_paused_aside();
    }

    fn heard(&mut self, notice: Result<Notice, RecvError>) {
        match notice {
            Ok(Notice::Slow { subscription }) => self.scheduler.told(&subscription, true),
            Ok(Notice::Fast { subscription }) => self.scheduler.told(&subscription, false),
            Err(RecvError::Lagged(missed)) => debug!(missed, "notices missed"),
            Ok(_) | Err(RecvError::Closed) => {}
        }
    }
}

/// Gives back what comes in after the stop, until the consumers hold nothing any more.
async fn give_back_until_drained(consumers: &[Consumer], inbox: &mut mpsc::Receiver<Incoming>) {
    let drained = futures_util::future::join_all(consumers.iter().map(Consumer::drained));
    tokio::pin!(drained);
    loop {
        tokio::select! {
            _ = &mut drained => return,
            Some(incoming) = inbox.recv() => incoming.receipt.requeue(),
        }
    }
}

/// The time, as deliveries and signatures want it.
#[expect(clippy::disallowed_methods, reason = "the shell reads the clock; decisions get it as an argument")]
fn wall_clock() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

fn now() -> Instant {
    Instant::now()
}
