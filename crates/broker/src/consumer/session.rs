//! The task behind a consumer: one session per channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::acks::{AckWindow, PATIENCE};
use super::{FIRST_PREFETCH, Flow, Spec};
use crate::error::Error;
use crate::incoming::{Incoming, Receipt, Settlement};
use crate::link::{Link, Opened};
use crate::metrics::Metrics;

/// The pause before a session is started again, so that a missing queue is no busy loop.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a settled message waits for others, so that one acknowledgement serves them all. Each acknowledgement is an
/// entry in the log of a quorum queue: sending them one by one was measured to cost the broker a quarter of its time.
const LINGER: Duration = Duration::from_millis(2);

/// How long the broker may take to say how long a queue is, before the connection counts as stalled.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Keeps one queue consumed.
pub(super) struct Supervisor {
    link: Link,
    spec: Spec,
    out: mpsc::Sender<Incoming>,
    metrics: Metrics,
    wanted: watch::Receiver<Flow>,
    stalls: Arc<AtomicU32>,
    held: watch::Sender<usize>,
    /// Whether the first messages were settled without a crash, so that the full prefetch is safe.
    grown: bool,
}

/// How a session ended.
enum End {
    /// The queue's consumer was cancelled by the broker, for example because the queue was deleted.
    Cancelled,
    /// The link gave the connection up.
    Disconnected,
    /// A backlog was not handed out.
    Stalled,
    /// Nobody takes messages any more.
    Done,
}

impl Supervisor {
    pub(super) fn new(
        link: Link,
        spec: Spec,
        out: mpsc::Sender<Incoming>,
        metrics: Metrics,
        wanted: watch::Receiver<Flow>,
        stalls: Arc<AtomicU32>,
        held: watch::Sender<usize>,
    ) -> Self {
        Self { link, spec, out, metrics, wanted, stalls, held, grown: false }
    }

    pub(super) async fn run(mut self) {
        loop {
            let ended = self.session().await;
            self.held.send_replace(0);
            let reason = match ended {
                Ok(End::Done) => return,
                Ok(End::Cancelled) => "cancelled",
                Ok(End::Disconnected) => "disconnected",
                Ok(End::Stalled) => {
                    self.stalls.fetch_add(1, Ordering::Relaxed);
                    self.link.renew();
                    "stalled"
                }
                Err(error) => {
                    warn!(queue = self.spec.queue, %error, "the consumer failed and starts again");
                    "error"
                }
            };
            self.metrics.consumer_cancelled_total.with_label_values(&[reason]).inc();
            debug!(queue = self.spec.queue, reason, "the consumer starts again");
            sleep(PAUSE).await;
        }
    }

    async fn session(&mut self) -> Result<End, Error> {
        let opened = self.link.channel().await?;
        #[expect(clippy::disallowed_methods, reason = "it holds one entry per unacknowledged message at most")]
        let (settlements_tx, settlements) = mpsc::unbounded_channel();
        let ended = Arc::new(CancellationToken::new());
        // However the session ends, also when this future is dropped, its receipts must learn of it.
        let _on_any_end = ended.as_ref().clone().drop_guard();
        let session = Session {
            opened,
            stream: None,
            window: AckWindow::default(),
            settlements,
            settlements_tx,
            ended,
            last_delivery: Instant::now(),
            acknowledged: 0,
            flush_at: None,
        };
        session.run(self).await
    }

    fn prefetch(&self) -> u16 {
        if self.grown { self.spec.prefetch } else { self.spec.prefetch.min(FIRST_PREFETCH) }
    }
}

/// A consumer on the broker.
struct Stream {
    consumer: lapin::Consumer,
    prefetch: u16,
    /// We have cancelled it, and read what was already on its way.
    cancelling: bool,
}

struct Session {
    opened: Opened,
    stream: Option<Stream>,
    window: AckWindow,
    settlements: mpsc::UnboundedReceiver<Settlement>,
    settlements_tx: mpsc::UnboundedSender<Settlement>,
    ended: Arc<CancellationToken>,
    last_delivery: Instant,
    acknowledged: usize,
    /// When acknowledgements are sent next, if any wait.
    flush_at: Option<Instant>,
}

impl Session {
    async fn run(mut self, owner: &mut Supervisor) -> Result<End, Error> {
        let mut look = interval(owner.spec.stall_after.max(Duration::from_millis(100)) / 4);
        loop {
            self.reconcile(owner).await?;
            // A consumer that still runs counts as one: messages may be on their way to it.
            let held = self.window.unacknowledged() + usize::from(self.stream.is_some());
            owner.held.send_if_modified(|now| std::mem::replace(now, held) != held);
            let flush_at = self.flush_at.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                // First, so that what is given back by a role that stops does not come right back to it.
                changed = owner.wanted.changed() => if changed.is_err() { return Ok(End::Done) },
                Some(settlement) = self.settlements.recv() => {
                    let mut next = Some(settlement);
                    while let Some(settlement) = next {
                        self.settle(settlement).await?;
                        next = self.settlements.try_recv().ok();
                    }
                    if self.window.settled_count() >= usize::from(owner.prefetch() / 4) {
                        self.flush().await?;
                    } else {
                        self.flush_at.get_or_insert_with(|| Instant::now() + LINGER);
                    }
                    owner.grown |= self.acknowledged >= usize::from(FIRST_PREFETCH);
                }
                () = sleep_until(flush_at), if self.flush_at.is_some() => self.flush().await?,
                delivery = next(&mut self.stream) => {
                    // Take what has arrived with it before looking at anything else.
                    let mut arrived = Some(delivery);
                    while let Some(delivery) = arrived {
                        match delivery {
                            Some(delivery) => {
                                if !self.forward(owner, delivery?).await {
                                    return Ok(End::Done);
                                }
                            }
                            // The end of a stream is said once only, perhaps right behind a delivery.
                            None => {
                                if self.stream.take().is_some_and(|stream| !stream.cancelling) {
                                    return Ok(End::Cancelled);
                                }
                            }
                        }
                        arrived = next(&mut self.stream).now_or_never();
                    }
                }
                _ = look.tick() => if self.is_stalled(owner).await? { return Ok(End::Stalled) },
                () = self.opened.ended() => return Ok(End::Disconnected),
            }
        }
    }

    /// Starts, cancels or restarts the consumer as wanted.
    async fn reconcile(&mut self, owner: &mut Supervisor) -> Result<(), Error> {
        let flow = *owner.wanted.borrow_and_update();
        let wanted = (flow == Flow::Running).then(|| owner.prefetch());
        match (&mut self.stream, wanted) {
            (None, Some(prefetch)) => {
                let channel = &self.opened.channel;
                channel.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
                let queue = ShortString::try_new(&*owner.spec.queue).map_err(|e| Error::Config(e.to_string()))?;
                let options = BasicConsumeOptions::default();
                let consumer = channel.basic_consume(queue, "".into(), options, FieldTable::default()).await?;
                info!(queue = owner.spec.queue, prefetch, "consuming");
                self.last_delivery = Instant::now();
                self.stream = Some(Stream { consumer, prefetch, cancelling: false });
            }
            (Some(stream), wanted) if !stream.cancelling && wanted != Some(stream.prefetch) => {
                stream.cancelling = true;
                let tag = stream.consumer.tag();
                self.opened.channel.basic_cancel(tag, BasicCancelOptions::default()).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Hands a message to the role. `false` when nobody takes it.
    async fn forward(&mut self, owner: &Supervisor, delivery: lapin::message::Delivery) -> bool {
        let tag = delivery.delivery_tag;
        self.window.received(tag);
        self.last_delivery = Instant::now();
        owner.stalls.store(0, Ordering::Relaxed);
        let receipt = Receipt::new(tag, self.settlements_tx.clone(), Arc::clone(&self.ended));
        owner.out.send(Incoming::new(owner.spec.from, delivery, receipt)).await.is_ok()
    }

    async fn settle(&mut self, settlement: Settlement) -> Result<(), Error> {
        match settlement {
            Settlement::Ack(tag) => {
                self.window.settled(tag, Instant::now());
                self.acknowledged = self.acknowledged.saturating_add(1);
            }
            Settlement::Requeue(tag) => {
                self.window.returned(tag);
                let options = BasicNackOptions { multiple: false, requeue: true };
                self.opened.channel.basic_nack(tag, options).await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        for ack in self.window.flush(now) {
            self.opened.channel.basic_ack(ack.tag, BasicAckOptions { multiple: ack.multiple }).await?;
        }
        // What is left is settled behind a message that is not.
        self.flush_at = (self.window.settled_count() > 0).then(|| now + PATIENCE);
        Ok(())
    }

    /// Whether the queue has a backlog that the broker does not hand out although it could.
    async fn is_stalled(&mut self, owner: &Supervisor) -> Result<bool, Error> {
        let Some(stream) = self.stream.as_ref().filter(|stream| !stream.cancelling) else {
            return Ok(false);
        };
        let has_room = self.window.unacknowledged() < usize::from(stream.prefetch);
        if owner.spec.single_active || !has_room || self.last_delivery.elapsed() < owner.spec.stall_after {
            return Ok(false);
        }
        // A message may have arrived just now: only a backlog seen twice, with nothing delivered in between, counts.
        for _ in 0..2 {
            if self.backlog(owner).await? == Some(0) {
                return Ok(false);
            }
            if let Ok(delivery) = timeout(Duration::from_secs(1), next(&mut self.stream)).await {
                match delivery {
                    Some(delivery) => {
                        self.forward(owner, delivery?).await;
                    }
                    None => self.stream = None,
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ready messages in the queue; nothing when the broker does not answer.
    async fn backlog(&self, owner: &Supervisor) -> Result<Option<u32>, Error> {
        let queue = ShortString::try_new(&*owner.spec.queue).map_err(|e| Error::Config(e.to_string()))?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        match timeout(LOOK_TIMEOUT, self.opened.channel.queue_declare(queue, passive, FieldTable::default())).await {
            Ok(queue) => Ok(Some(queue?.message_count())),
            Err(_) => Ok(None),
        }
    }
}

/// The next delivery of a stream, if there is a stream.
async fn next(stream: &mut Option<Stream>) -> Option<lapin::Result<lapin::message::Delivery>> {
    match stream {
        Some(stream) => stream.consumer.next().await,
        None => std::future::pending().await,
    }
}
