//! The task that owns the publishing channel.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use lapin::Confirmation;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::verdicts::{Return, Sequence, Verdict, Verdicts};
use super::{Job, Pulse, millis};
use crate::error::{Error, PublishError};
use crate::link::{Link, Opened};
use crate::metrics::Metrics;

/// The pause before a channel is opened again after an error on it, so that a missing exchange is no busy loop.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(
    mut link: Link,
    mut jobs: mpsc::Receiver<Job>,
    pulse: Arc<Pulse>,
    metrics: Metrics,
    window: usize,
    shutdown: CancellationToken,
) {
    // Sequences go on across sessions, so that a return can never be mistaken for an earlier connection's publish.
    let mut sequence = 0;
    let work = async {
        loop {
            let opened = match open(&mut link).await {
                Ok(opened) => opened,
                Err(error) => {
                    debug!(%error, "no channel to publish on");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let mut session = Session::new(opened, link.blocked(), Arc::clone(&pulse), metrics.clone(), sequence);
            pulse.ready.store(true, Ordering::Relaxed);
            let why = session.run(&mut jobs, window).await;
            pulse.ready.store(false, Ordering::Relaxed);
            sequence = session.sequence;
            session.give_up();
            match why {
                End::Failed(error) => warn!(%error, "the publishing channel ended"),
                End::Disconnected => {}
                End::Done => return,
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = shutdown.cancelled() => {}
    }
}

async fn open(link: &mut Link) -> Result<Opened, Error> {
    let opened = link.channel().await?;
    opened.channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(opened)
}

/// One publish without a verdict.
struct Open {
    verdict: oneshot::Sender<Result<(), PublishError>>,
    sent: Instant,
    exchange: String,
    routing_key: String,
}

/// Why a session ended.
enum End {
    Failed(lapin::Error),
    Disconnected,
    Done,
}

/// The life of one channel.
struct Session {
    opened: Opened,
    blocked: watch::Receiver<bool>,
    pulse: Arc<Pulse>,
    metrics: Metrics,
    sequence: Sequence,
    open: BTreeMap<Sequence, Open>,
    /// How many of them the gauge counts: it is shared with other publishers.
    counted: i64,
    verdicts: Verdicts,
}

impl Session {
    fn new(
        opened: Opened,
        blocked: watch::Receiver<bool>,
        pulse: Arc<Pulse>,
        metrics: Metrics,
        sequence: Sequence,
    ) -> Self {
        let (open, verdicts) = (BTreeMap::new(), Verdicts::default());
        Self { opened, blocked, pulse, metrics, sequence, open, counted: 0, verdicts }
    }

    /// Publishes until the channel or the connection ends, or nobody is left to publish for.
    async fn run(&mut self, jobs: &mut mpsc::Receiver<Job>, window: usize) -> End {
        let mut in_flight = FuturesUnordered::new();
        loop {
            let may_send = in_flight.len() < window && !*self.blocked.borrow_and_update();
            tokio::select! {
                biased;
                resolved = in_flight.next(), if !in_flight.is_empty() => {
                    // A verdict is sound only when everything the library has resolved so far has been seen. The set of
                    // futures hands them out in the order they were woken, but may pause while one is being woken: so
                    // drain it until it is found empty twice, then decide.
                    let (mut next, mut found_empty) = (resolved, false);
                    loop {
                        match next {
                            Some(result) => {
                                found_empty = false;
                                if let Err(error) = self.resolved(result) {
                                    return End::Failed(error);
                                }
                            }
                            None if found_empty => break,
                            None => {
                                found_empty = true;
                                tokio::task::yield_now().await;
                            }
                        }
                        next = in_flight.next().now_or_never().flatten();
                    }
                    self.decide();
                }
                job = jobs.recv(), if may_send => {
                    let mut next = Some(job);
                    while let Some(job) = next {
                        let Some(job) = job else { return End::Done };
                        // Nobody waits for it any more: whoever gave up will do it again, and must not do it twice.
                        if !job.verdict.is_closed() {
                            in_flight.push(self.send(job));
                        }
                        next = if in_flight.len() < window { jobs.try_recv().ok().map(Some) } else { None };
                    }
                    self.publish_pulse();
                }
                changed = self.blocked.changed() => if changed.is_err() { return End::Disconnected },
                () = self.opened.ended() => return End::Disconnected,
            }
        }
    }

    fn send(&mut self, job: Job) -> impl Future<Output = (Sequence, lapin::Result<Confirmation>)> + use<> {
        self.sequence += 1;
        let sequence = self.sequence;
        let Job { outgoing, verdict } = job;
        self.open.insert(
            sequence,
            Open {
                verdict,
                sent: Instant::now(),
                exchange: outgoing.exchange.clone(),
                routing_key: outgoing.routing_key.clone(),
            },
        );
        let channel = self.opened.channel.clone();
        #[expect(clippy::disallowed_methods, reason = "this is the publisher that waits for confirms")]
        async move {
            let confirm = async {
                let exchange = ShortString::try_new(outgoing.exchange).map_err(too_long)?;
                let routing_key = ShortString::try_new(outgoing.routing_key).map_err(too_long)?;
                let properties = outgoing.properties.with_correlation_id(sequence.to_string().into());
                let options = BasicPublishOptions { mandatory: true, immediate: false };
                channel.basic_publish(exchange, routing_key, options, &outgoing.body, properties).await?.await
            };
            (sequence, confirm.await)
        }
    }

    fn resolved(&mut self, (sequence, result): (Sequence, lapin::Result<Confirmation>)) -> lapin::Result<()> {
        let confirmation = result?;
        let acked = confirmation.is_ack();
        let carried = confirmation
            .take_message()
            .and_then(|message| read_return(&message))
            .filter(|carried| self.open.contains_key(&carried.sequence));
        self.verdicts.resolved(sequence, acked, carried);
        Ok(())
    }

    fn decide(&mut self) {
        let Self { verdicts, open, metrics, .. } = self;
        verdicts.settle(|sequence, verdict| {
            let Some(publish) = open.remove(&sequence) else {
                return;
            };
            metrics.publish_confirm_duration_seconds.observe(publish.sent.elapsed().as_secs_f64());
            let result = match verdict {
                Verdict::Confirmed => Ok(()),
                Verdict::Nacked => {
                    metrics.publish_nacked_total.inc();
                    Err(PublishError::Nacked)
                }
                Verdict::Returned { code, text } => {
                    metrics.publish_returned_total.inc();
                    let Open { exchange, routing_key, .. } = publish;
                    let _gone = publish.verdict.send(Err(PublishError::Returned { exchange, routing_key, code, text }));
                    return;
                }
            };
            // A caller that stopped waiting (it was cancelled) needs no verdict.
            let _gone = publish.verdict.send(result);
        });
        self.publish_pulse();
    }

    fn publish_pulse(&mut self) {
        let oldest = self.open.values().next().map_or(u64::MAX, |oldest| millis(oldest.sent - self.pulse.started));
        self.pulse.oldest.store(oldest, Ordering::Relaxed);
        let open = i64::try_from(self.open.len()).unwrap_or(i64::MAX);
        self.metrics.publish_unconfirmed.add(open - self.counted);
        self.counted = open;
    }

    /// Tells everybody who still waits that the connection is lost.
    fn give_up(&mut self) {
        while let Some((_, publish)) = self.open.pop_first() {
            let _gone = publish.verdict.send(Err(PublishError::Lost));
        }
        self.publish_pulse();
    }
}

fn read_return(message: &BasicReturnMessage) -> Option<Return> {
    let correlation = message.delivery.properties.correlation_id().as_ref()?;
    let sequence = correlation.as_str().parse().ok()?;
    Some(Return { sequence, code: message.reply_code, text: message.reply_text.to_string() })
}

fn too_long<E: std::error::Error + Send + Sync + 'static>(error: E) -> lapin::Error {
    std::io::Error::other(error).into()
}
