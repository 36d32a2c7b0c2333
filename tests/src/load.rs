//! Publishing at a steady rate in the background, with books.

use std::time::Duration;

use anyhow::Result;
use barid_broker::outgoing::Outgoing;
use barid_broker::{Names, Publisher};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::events::event;
use crate::verdict::Ledger;

/// Events confirmed at a time: with more unconfirmed than this, the load waits.
const WINDOW: usize = 200;

/// A load. It goes on until [`Load::stop`], which hands over its books, or the end of the test.
pub struct Load {
    stop: CancellationToken,
    running: JoinHandle<Result<Ledger>>,
}

impl Load {
    /// Starts to publish so many events a second, with ids `NAME-0`, `NAME-1`, and so on. One whose connection is lost
    /// before the confirm stays unconfirmed: it may arrive or not.
    pub fn start(publisher: &Publisher, names: &Names, name: &str, per_second: u32) -> Self {
        let stop = CancellationToken::new();
        let (publisher, names, name) = (publisher.clone(), names.clone(), name.to_owned());
        let running = tokio::spawn(run(publisher, names, name, per_second, stop.clone()));
        Self { stop, running }
    }

    /// Stops publishing, waits for the confirms, and hands over the books.
    ///
    /// # Errors
    /// When an event could not be made.
    pub async fn stop(self) -> Result<Ledger> {
        self.stop.cancel();
        self.running.await?
    }
}

async fn run(
    publisher: Publisher,
    names: Names,
    name: String,
    per_second: u32,
    stop: CancellationToken,
) -> Result<Ledger> {
    let mut ledger = Ledger::default();
    let mut open = FuturesUnordered::new();
    let mut beat = interval(Duration::from_secs(1) / per_second);
    // After a pause of the broker the load goes on, it does not catch up.
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some((id, confirmed)) = open.next() => note(&mut ledger, id, confirmed),
            _ = beat.tick(), if open.len() < WINDOW => {
                let event = event("load.sent", &format!("{name}-{number}"))?;
                number += 1;
                let id = event.envelope.message_id().to_string();
                ledger.attempted.insert(id.clone());
                let (publisher, outgoing) = (publisher.clone(), Outgoing::event(&names, &event));
                open.push(async move { (id, publisher.publish(outgoing).await.is_ok()) });
            }
        }
    }
    while let Some((id, confirmed)) = open.next().await {
        note(&mut ledger, id, confirmed);
    }
    Ok(ledger)
}

fn note(ledger: &mut Ledger, id: String, confirmed: bool) {
    if confirmed {
        ledger.confirmed.insert(id);
    }
}
