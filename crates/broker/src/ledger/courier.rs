//! The task that takes batches to the broker, by the stream or by the overflow queue, until one of them has each.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::Route;
use super::batch::VERSION;
use super::switch::{PATIENCE, Switch};
use super::writer::{Closed, Shared};
use crate::error::PublishError;
use crate::metrics::Metrics;
use crate::names::Names;
use crate::outgoing::Outgoing;
use crate::publisher::Publisher;

/// The shortest time between two batches that are not full. The first record after a quiet time goes at once; each batch
/// costs the broker a publish, whatever is in it.
const LINGER: Duration = Duration::from_millis(5);

/// How often the silence of the stream is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The pause before a batch that was refused is published again, and before the stream is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Batches sent and not yet confirmed, per way; more wait in memory.
const WINDOW: usize = 64;

/// The number of what is no batch of records: an empty one, which asks whether the stream confirms again.
const KNOCK: u64 = 0;

/// A publish that has ended: of this batch, by this way.
type Sent = (u64, Route, Result<(), PublishError>);

/// A batch that is not confirmed.
struct Pending {
    body: Bytes,
    confirmed: watch::Sender<bool>,
    closed: Instant,
    /// Since when it waits for a confirm by the way it goes now.
    since: Instant,
}

pub(super) struct Courier {
    shared: Arc<Shared>,
    names: Names,
    metrics: Metrics,
    /// What everything else is published by.
    others: Publisher,
    stream: Publisher,
    overflow: Publisher,
    switch: Switch,
    /// Whether the stream has been asked and has not answered.
    knocks: bool,
    pending: BTreeMap<u64, Pending>,
    in_flight: FuturesUnordered<Pin<Box<dyn Future<Output = Sent> + Send>>>,
    /// When a batch was closed last.
    closed: Instant,
}

impl Courier {
    pub(super) fn new(
        shared: Arc<Shared>,
        publisher: &Publisher,
        names: Names,
        metrics: &Metrics,
        shutdown: &CancellationToken,
    ) -> Self {
        // Each way has a channel of its own, so that what is unconfirmed on one holds up nothing on the other.
        let beside = || publisher.beside(metrics, WINDOW, shutdown.clone());
        Self {
            shared,
            names,
            metrics: metrics.clone(),
            others: publisher.clone(),
            stream: beside(),
            overflow: beside(),
            switch: Switch::new(),
            knocks: false,
            pending: BTreeMap::new(),
            in_flight: FuturesUnordered::new(),
            closed: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let shared = Arc::clone(&self.shared);
        loop {
            let has_open = shared.has_open();
            tokio::select! {
                Some(sent) = self.in_flight.next() => self.sent(sent),
                () = shared.wake.notified() => {}
                () = sleep_until(self.closed + LINGER), if has_open => {}
                _ = look.tick() => self.look(),
            }
            let now = Instant::now();
            let is_time = now >= self.closed + LINGER;
            for batch in shared.take(is_time) {
                self.closed = now;
                self.begin(batch, now);
            }
            shared.set_oldest(self.pending.values().next().map(|pending| pending.since));
        }
    }

    fn begin(&mut self, batch: Closed, now: Instant) {
        let (number, body, confirmed) = batch.into_parts();
        self.pending.insert(number, Pending { body, confirmed, closed: now, since: now });
        self.publish(number, self.switch.route(), Duration::ZERO);
    }

    fn publish(&mut self, number: u64, route: Route, pause: Duration) {
        let body = match self.pending.get(&number) {
            Some(pending) => pending.body.clone(),
            None => Bytes::from_static(&[VERSION]),
        };
        let outgoing = Outgoing::ledger(&self.names, route, body);
        let publisher = match route {
            Route::Stream => self.stream.clone(),
            Route::Overflow => self.overflow.clone(),
        };
        self.in_flight.push(Box::pin(async move {
            if !pause.is_zero() {
                sleep(pause).await;
            }
            (number, route, publisher.publish(outgoing).await)
        }));
    }

    fn sent(&mut self, (number, route, result): Sent) {
        match result {
            Ok(()) => {
                if number == KNOCK {
                    self.knocks = false;
                }
                self.delivered(number, route);
                if route == Route::Stream {
                    self.confirmed_by_stream();
                }
            }
            // The process is ending: whoever waits learns of it when this task ends.
            Err(PublishError::Closed) => {}
            Err(PublishError::Lost) => self.again(number, route, Duration::ZERO),
            Err(error @ (PublishError::Returned { .. } | PublishError::Nacked)) => {
                if route == Route::Stream && self.switch.route() == Route::Stream {
                    warn!(%error, "the ledger's stream refuses records: they go to the overflow queue");
                    self.switch.refused();
                    self.leave_stream();
                }
                self.again(number, route, PAUSE);
            }
            Err(error @ PublishError::TooLarge { .. }) => {
                // A batch is far below the limit.
                error!(%error, "a batch of records cannot be published");
            }
        }
    }

    fn delivered(&mut self, number: u64, route: Route) {
        // It may have gone both ways.
        let Some(pending) = self.pending.remove(&number) else { return };
        self.metrics.ledger_batches_total.with_label_values(&[route.key()]).inc();
        self.metrics.ledger_bytes_total.inc_by(u64::try_from(pending.body.len()).unwrap_or_default());
        self.metrics.ledger_confirm_duration_seconds.observe(pending.closed.elapsed().as_secs_f64());
        pending.confirmed.send_replace(true);
    }

    /// Publishes again what did not arrive by the way of now. What went by the other way was sent by this one, too, when the
    /// way changed.
    fn again(&mut self, number: u64, route: Route, pause: Duration) {
        let now = self.switch.route();
        if number == KNOCK {
            self.knocks = false;
            if now == Route::Overflow {
                self.knock();
            }
        } else if route == now && self.pending.contains_key(&number) {
            self.publish(number, now, pause);
        }
    }

    /// Asks the stream whether it confirms again. One question at a time: as long as it is silent, there is no answer.
    fn knock(&mut self) {
        if !std::mem::replace(&mut self.knocks, true) {
            self.publish(KNOCK, Route::Stream, PAUSE);
        }
    }

    fn confirmed_by_stream(&mut self) {
        let was_left = self.switch.route() == Route::Overflow;
        self.switch.confirmed();
        if was_left {
            info!("the ledger's stream confirms again");
            self.metrics.ledger_overflow.set(0);
            self.send_all(Route::Stream);
        }
    }

    /// Looks whether the stream alone is silent.
    fn look(&mut self) {
        let owes = !self.pending.is_empty();
        // They share the stream's connection: it is the stream's channel that may be away.
        let alone = self.others.health().accepts_work(PATIENCE);
        if self.switch.look(owes, alone, Instant::now()) {
            warn!("the ledger's stream does not confirm: records go to the overflow queue");
            self.leave_stream();
        }
    }

    /// Sends what is unconfirmed by the overflow queue as well, and asks the stream from time to time.
    fn leave_stream(&mut self) {
        self.metrics.ledger_overflow.set(1);
        self.send_all(Route::Overflow);
        self.knock();
    }

    /// Sends what is unconfirmed by this way as well: the other may never confirm it.
    fn send_all(&mut self, route: Route) {
        let (now, mut numbers) = (Instant::now(), Vec::with_capacity(self.pending.len()));
        for (number, pending) in &mut self.pending {
            pending.since = now;
            numbers.push(*number);
        }
        for number in numbers {
            self.publish(number, route, Duration::ZERO);
        }
    }
}
