//! Publishing with `mandatory`, confirms, and many in flight.
//!
//! One task owns the channel. Callers hand it messages and wait for the verdict on theirs: confirmed, refused,
//! unroutable or lost with the connection. While the broker blocks publishing or is away, nothing is sent and callers
//! wait; nothing they handed over is dropped without a verdict.

mod session;
mod verdicts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::{Error, PublishError};
use crate::link::{Link, Role};
use crate::metrics::Metrics;
use crate::outgoing::Outgoing;

/// The largest body that is sent, in bytes: RabbitMQ's default `max_message_size`, over which it closes the channel.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

/// A handle to a publisher. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    jobs: mpsc::Sender<Job>,
    pulse: Arc<Pulse>,
    blocked: watch::Receiver<bool>,
    link: Link,
}

/// A message and where its verdict goes.
struct Job {
    outgoing: Outgoing,
    verdict: oneshot::Sender<Result<(), PublishError>>,
}

/// What the publishing task lets others see.
struct Pulse {
    started: Instant,
    /// Milliseconds after `started` at which the oldest unconfirmed publish was sent; `u64::MAX` when there is none.
    oldest: AtomicU64,
    ready: AtomicBool,
}

impl Publisher {
    /// Connects and publishes until `shutdown`; what is unconfirmed then is given up as [`PublishError::Lost`].
    pub fn spawn(config: &Config, metrics: &Metrics, shutdown: CancellationToken) -> Self {
        let link = Link::spawn(config.clone(), Role::Publish, metrics.clone(), shutdown.clone());
        Self::on(link, metrics, config.publish_window, shutdown)
    }

    /// Another publisher on the same connection, with a channel and a health of its own: what is unconfirmed there says
    /// nothing of this one.
    pub(crate) fn beside(&self, metrics: &Metrics, window: usize, shutdown: CancellationToken) -> Self {
        Self::on(self.link.clone(), metrics, window, shutdown)
    }

    fn on(link: Link, metrics: &Metrics, window: usize, shutdown: CancellationToken) -> Self {
        let (jobs, queue) = mpsc::channel(window);
        let pulse = Arc::new(Pulse {
            started: Instant::now(),
            oldest: AtomicU64::new(u64::MAX),
            ready: AtomicBool::new(false),
        });
        let blocked = link.blocked();
        let publisher = Self { jobs, pulse: Arc::clone(&pulse), blocked, link: link.clone() };
        tokio::spawn(session::run(link, queue, pulse, metrics.clone(), window, shutdown));
        publisher
    }

    /// Publishes a message and waits for the broker's confirm.
    ///
    /// # Errors
    /// See [`PublishError`]: refused, unroutable, lost with the connection, too large, or shut down.
    pub async fn publish(&self, outgoing: Outgoing) -> Result<(), PublishError> {
        if outgoing.body.len() > MAX_BODY {
            return Err(PublishError::TooLarge { size: outgoing.body.len(), limit: MAX_BODY });
        }
        let (verdict, answer) = oneshot::channel();
        self.jobs.send(Job { outgoing, verdict }).await.map_err(|_| PublishError::Closed)?;
        answer.await.unwrap_or(Err(PublishError::Lost))
    }

    /// Publishes until the broker has confirmed: again after a refusal, a lost connection, or a missing route, with a
    /// pause that grows to 5 s.
    ///
    /// # Errors
    /// Only what no repetition can mend: [`PublishError::TooLarge`] and [`PublishError::Closed`].
    pub async fn publish_until_confirmed(&self, outgoing: Outgoing) -> Result<(), PublishError> {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.publish(outgoing.clone()).await {
                Ok(()) => return Ok(()),
                Err(error @ (PublishError::TooLarge { .. } | PublishError::Closed)) => {
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(%error, retry_in_ms = pause.as_millis(), "publishing again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
    }

    /// How the publisher is doing at this moment.
    pub fn health(&self) -> PublisherHealth {
        let oldest = self.pulse.oldest.load(Ordering::Relaxed);
        let now = millis(self.pulse.started.elapsed());
        PublisherHealth {
            connected: self.pulse.ready.load(Ordering::Relaxed) && self.link.is_up(),
            blocked: *self.blocked.borrow(),
            oldest_unconfirmed: Duration::from_millis(if oldest == u64::MAX { 0 } else { now.saturating_sub(oldest) }),
        }
    }

    /// Waits until the publisher is connected for the first time, or `within` has passed.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it is not connected by then.
    pub async fn connected(&self, within: Duration) -> Result<(), Error> {
        let mut link = self.link.clone();
        match tokio::time::timeout(within, link.connection()).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(_) => Err(Error::Timeout(within, "connecting")),
        }
    }
}

/// How a publisher is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublisherHealth {
    /// Whether the connection is up and its channel open.
    pub connected: bool,
    /// Whether the broker has blocked publishing (a memory or disk alarm).
    pub blocked: bool,
    /// The age of the oldest publish without a confirm; zero when there is none.
    pub oldest_unconfirmed: Duration,
}

impl PublisherHealth {
    /// Whether new work should start whose result will have to be published.
    pub fn accepts_work(&self, patience: Duration) -> bool {
        self.connected && !self.blocked && self.oldest_unconfirmed < patience
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
