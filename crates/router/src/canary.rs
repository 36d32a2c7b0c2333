//! The proof that events reach the inbox.
//!
//! An events exchange whose binding to the inbox is gone takes every event in silence: the journal makes it routable. So
//! each router sends a canary the way of an event, and whichever router finds it in the inbox says so to all. Publishers
//! can forge one, which harms nothing.

use std::collections::VecDeque;
use std::time::Duration;

use barid_broker::control::{Control, Notice};
use barid_broker::outgoing::Outgoing;
use barid_broker::{Names, PublishError, Publisher, Road};
use barid_telemetry::Check;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::debug;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::sorter::now;

/// Intervals after which, with none back, the inbox counts as cut off.
const PATIENCE: u32 = 3;

/// Canaries that may still come back. An hour of backlog in the inbox delays one by an hour.
const MAX_ALOFT: usize = 64;

/// Sends canaries and waits for them.
pub(crate) struct Canaries {
    names: Names,
    publisher: Publisher,
    control: Control,
    every: Duration,
    check: Check,
    metrics: Metrics,
    /// Those sent and not seen, oldest first.
    aloft: VecDeque<(String, Instant)>,
}

impl Canaries {
    /// Sends one at once, then one every `every`; reports to `check`.
    pub(crate) fn new(road: &Road, every: Duration, check: Check, metrics: Metrics) -> Self {
        Self {
            names: road.names.clone(),
            publisher: road.publisher.clone(),
            control: road.control.clone(),
            every,
            check,
            metrics,
            aloft: VecDeque::new(),
        }
    }

    /// Goes on for ever.
    pub(crate) async fn run(mut self) {
        self.control.listening().await;
        let mut notices = self.control.notices();
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.send().await,
                notice = notices.recv() => match notice {
                    Ok(Notice::Canary { id }) => self.seen(&id),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn send(&mut self) {
        if let Some((_, oldest)) = self.aloft.front()
            && oldest.elapsed() >= self.every * PATIENCE
        {
            let (inbox, events) = (self.names.inbox(), self.names.events());
            self.check.set_failing(format!(
                "no canary came back in {} s: is {inbox} bound to {events} with '#', or its backlog longer than that?",
                oldest.elapsed().as_secs(),
            ));
        }
        let (id, sent) = (Uuid::now_v7().to_string(), Instant::now());
        let canary = Outgoing::canary(&self.names, id.clone().into());
        match timeout(self.every, self.publisher.publish(canary)).await {
            Ok(Ok(())) => {
                if self.aloft.len() == MAX_ALOFT {
                    self.aloft.pop_front();
                }
                self.aloft.push_back((id, sent));
            }
            Ok(Err(error @ PublishError::Returned { .. })) => {
                self.check.set_failing(error.to_string());
            }
            Ok(Err(error)) => debug!(%error, "a canary was not sent"),
            Err(_) => debug!("a canary was not sent in time"),
        }
    }

    fn seen(&mut self, id: &str) {
        let Some(place) = self.aloft.iter().position(|(aloft, _)| aloft == id) else {
            return;
        };
        // Queues keep the order: those sent before it will not come any more.
        let Some((_, sent)) = self.aloft.drain(..=place).next_back() else {
            return;
        };
        self.check.set_ok();
        let metrics = &self.metrics;
        metrics.canary_duration_seconds.observe(sent.elapsed().as_secs_f64());
        metrics.canary_last_success_timestamp_seconds.set(now().timestamp());
    }
}
