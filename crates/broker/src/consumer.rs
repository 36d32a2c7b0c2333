//! Consuming a queue for ever.
//!
//! A [`Consumer`] opens a channel of its own, consumes, and on any end of it (an error on the channel, a cancelled
//! consumer, a lost connection) starts again. Messages go to the role's one channel; acknowledgements come back by
//! their receipts. A fresh process begins with a small prefetch, so that a message that crashes it takes few others
//! along.

mod acks;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::incoming::Incoming;
use crate::link::Link;
use crate::metrics::Metrics;

/// The prefetch a fresh process begins with.
pub const FIRST_PREFETCH: u16 = 16;

/// What to consume.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The number the role knows the queue by.
    pub from: usize,
    /// The queue's name.
    pub queue: String,
    /// Unacknowledged messages the broker may hand out at a time.
    pub prefetch: u16,
    /// A backlog with room in the prefetch and no delivery for this long means that the consumer has silently died.
    pub stall_after: Duration,
    /// The broker hands out the queue's messages to one of its consumers at a time: a backlog that does not come here says
    /// nothing.
    pub single_active: bool,
}

/// Whether messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Hand them out.
    Running,
    /// Cancel the consumer. What is unacknowledged stays ours until settled.
    Stopped,
}

/// A handle to a consumer. When the last clone of it is dropped, the consumer ends, and what it handed out and is not
/// settled goes back to its queue; [`Consumer::drained`] comes first where nothing is to be handed out twice.
#[derive(Clone, Debug)]
pub struct Consumer {
    flow: watch::Sender<Flow>,
    stalls: Arc<AtomicU32>,
    unacknowledged: watch::Receiver<usize>,
}

impl Consumer {
    /// Consumes until `shutdown`. Messages go to `out`, which should have room for the prefetch.
    pub fn spawn(
        link: Link,
        spec: Spec,
        out: mpsc::Sender<Incoming>,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) -> Self {
        let (flow, wanted) = watch::channel(Flow::Running);
        let stalls = Arc::new(AtomicU32::new(0));
        let (held, unacknowledged) = watch::channel(0);
        let consumer = Self { flow, stalls: Arc::clone(&stalls), unacknowledged };
        let supervisor = session::Supervisor::new(link, spec, out, metrics, wanted, stalls, held);
        tokio::spawn(async move {
            tokio::select! {
                () = supervisor.run() => {}
                () = shutdown.cancelled() => {}
            }
        });
        consumer
    }

    /// Says whether messages are wanted. The consumer is cancelled or started accordingly, now and after a reconnect.
    pub fn set_flow(&self, flow: Flow) {
        self.flow.send_if_modified(|now| std::mem::replace(now, flow) != flow);
    }

    /// Cancels the consumer and waits until everything it handed out is settled and acknowledged to the broker.
    pub async fn drained(&self) {
        self.set_flow(Flow::Stopped);
        // An error means that the consumer is gone, and with it whatever it held.
        let mut held = self.unacknowledged.clone();
        let _either_way = held.wait_for(|held| *held == 0).await;
    }

    /// What it holds at this moment: messages that are not settled and acknowledged, and one more while it consumes. After
    /// [`Flow::Stopped`] it is drained when this is 0.
    pub fn held(&self) -> usize {
        *self.unacknowledged.borrow()
    }

    /// How often in a row the connection was renewed because the consumer had stalled.
    pub fn stalls(&self) -> u32 {
        self.stalls.load(Ordering::Relaxed)
    }
}
