//! Where records are handed over: into a buffer that all share, without waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::batch::{self, FULL, MAX_RECORDS, VERSION};
use super::courier::Courier;
use super::record::Record;
use crate::metrics::Metrics;
use crate::names::Names;
use crate::publisher::Publisher;

/// Writes records. Cheap to clone; all clones share batches.
///
/// What is in memory is bounded by whoever appends: nothing is settled before its record is confirmed, so there are no
/// more records than deliveries and events in work.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

/// A promise that a batch will be confirmed.
#[derive(Clone, Debug)]
pub struct Ticket {
    batch: u64,
    confirmed: watch::Receiver<bool>,
}

impl Ticket {
    /// The number of the batch: tickets of the same batch are kept at the same moment. Numbers rise.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// Returns when the broker has the batch. `false` when the process is ending and it may not have.
    pub async fn confirmed(mut self) -> bool {
        self.confirmed.wait_for(|confirmed| *confirmed).await.is_ok()
    }
}

/// What writers and the courier share.
pub(super) struct Shared {
    open: Mutex<Open>,
    /// Told when a batch has its first record, and when one is full.
    pub(super) wake: Notify,
    started: Instant,
    /// Milliseconds after `started` since when the oldest unconfirmed batch waits; `u64::MAX` when there is none.
    oldest: AtomicU64,
    metrics: Metrics,
}

/// The batch that records are appended to, and those that are full.
struct Open {
    current: Closed,
    full: Vec<Closed>,
}

/// A batch with nothing more to come.
pub(super) struct Closed {
    pub(super) number: u64,
    lines: Vec<u8>,
    records: u32,
    pub(super) confirmed: watch::Sender<bool>,
}

impl Closed {
    fn empty(number: u64, capacity: usize) -> Self {
        let mut lines = Vec::with_capacity(capacity);
        lines.push(VERSION);
        Self { number, lines, records: 0, confirmed: watch::Sender::new(false) }
    }

    fn ticket(&self) -> Ticket {
        Ticket { batch: self.number, confirmed: self.confirmed.subscribe() }
    }

    /// The message body, and what its end is told to.
    pub(super) fn into_parts(self) -> (u64, Bytes, watch::Sender<bool>) {
        (self.number, self.lines.into(), self.confirmed)
    }
}

impl Writer {
    /// Publishes batches until `shutdown`, on channels of their own beside `publisher`.
    pub(crate) fn spawn(publisher: &Publisher, names: Names, metrics: &Metrics, shutdown: CancellationToken) -> Self {
        let shared = Arc::new(Shared {
            open: Mutex::new(Open { current: Closed::empty(1, 0), full: Vec::new() }),
            wake: Notify::new(),
            started: Instant::now(),
            oldest: AtomicU64::new(u64::MAX),
            metrics: metrics.clone(),
        });
        let courier = Courier::new(Arc::clone(&shared), publisher, names, metrics, &shutdown);
        tokio::spawn(async move {
            tokio::select! {
                () = courier.run() => {}
                () = shutdown.cancelled() => {}
            }
        });
        Self { shared }
    }

    /// Takes a record. It costs a line in a buffer; the broker has it when the ticket is kept.
    pub fn append(&self, record: &Record<'_>) -> Ticket {
        let mut open = self.shared.open();
        if let Err(error) = batch::write(&mut open.current.lines, record) {
            // Text and numbers can always be written. Whoever waits for this one waits for the rest of the batch.
            error!(%error, "a record cannot be written and is missing in the history");
        }
        let ticket = open.current.ticket();
        open.current.records += 1;
        let is_first = open.current.records == 1;
        let is_full = open.current.records >= MAX_RECORDS || open.current.lines.len() >= FULL;
        if is_full {
            let full = open.close();
            open.full.push(full);
        }
        drop(open);
        if is_first || is_full {
            self.shared.wake.notify_one();
        }
        self.shared.metrics.ledger_records_total.inc();
        ticket
    }

    /// Whether new work should start whose records will have to be confirmed: no batch waits for that longer than
    /// `patience`, the time before its way was changed not counted.
    pub fn accepts_work(&self, patience: Duration) -> bool {
        let oldest = self.shared.oldest.load(Ordering::Relaxed);
        oldest == u64::MAX || self.shared.millis(Instant::now()).saturating_sub(oldest) < millis(patience)
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a record waits for its batch to be closed.
    pub(super) fn has_open(&self) -> bool {
        self.open().current.records > 0
    }

    /// Takes the batches that are full; with `all`, also the one that is not.
    pub(super) fn take(&self, all: bool) -> Vec<Closed> {
        let mut open = self.open();
        let mut taken = std::mem::take(&mut open.full);
        if all && open.current.records > 0 {
            let current = open.close();
            taken.push(current);
        }
        taken
    }

    /// Says since when the oldest unconfirmed batch waits.
    pub(super) fn set_oldest(&self, since: Option<Instant>) {
        self.oldest.store(since.map_or(u64::MAX, |since| self.millis(since)), Ordering::Relaxed);
    }

    fn millis(&self, at: Instant) -> u64 {
        millis(at - self.started)
    }
}

impl Open {
    /// The batch as it is, with a new one in its place that has room for as much.
    fn close(&mut self) -> Closed {
        let next = Closed::empty(self.current.number + 1, self.current.lines.len());
        std::mem::replace(&mut self.current, next)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
