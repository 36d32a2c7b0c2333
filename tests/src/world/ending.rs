//! The end of a world: proof that nothing is left, and nothing of it left behind.

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Result, ensure};
use barid_broker::delay::LEVELS;
use barid_broker::topology::{Options, Topology, lanes};
use barid_broker::{Config, Link, Metrics, Role};
use barid_telemetry::prometheus::Registry;
use tokio_util::sync::CancellationToken;

use super::World;
use crate::{PATIENCE, eventually};

impl World {
    /// Waits until every queue but those of dead letters is empty, of ready messages at least: work in progress goes on.
    ///
    /// # Errors
    /// When one is not empty in time.
    pub async fn settled(&self) -> Result<()> {
        let mut left = BTreeMap::new();
        let quiet = eventually("every queue is empty", PATIENCE, async || {
            left = self.left().await?;
            left.remove(&self.names.dead_letters());
            Ok(left.is_empty())
        });
        quiet.await.map_err(|error| error.context(format!("left: {left:?}")))
    }

    /// Stops every process, which must end well, and demands that no message is left anywhere. Dead letters that the
    /// test caused must have been claimed.
    ///
    /// # Errors
    /// With what is left, or how a process ended.
    pub async fn finish(mut self) -> Result<()> {
        self.settled().await?;
        for process in self.processes.iter().filter(|process| process.exit().is_none()) {
            let status = process.terminate().await?;
            ensure!(status.success(), "{} ended with {status}", process.name());
        }
        // What a process held unacknowledged is back in its queue only now.
        let left = self.left().await?;
        ensure!(left.is_empty(), "left unsettled: {left:?}");
        remove(&self.broker, &mut self.link).await?;
        self.finished = true;
        Ok(())
    }

    /// Stops every process, which must end well, and removes what is left: for a test that cannot say what that should be.
    ///
    /// # Errors
    /// With how a process ended.
    pub async fn abandon(mut self) -> Result<()> {
        for process in self.processes.iter().filter(|process| process.exit().is_none()) {
            let status = process.terminate().await?;
            ensure!(status.success(), "{} ended with {status}", process.name());
        }
        remove(&self.broker, &mut self.link).await?;
        self.finished = true;
        Ok(())
    }

    /// The queues that hold anything, with how much.
    async fn left(&self) -> Result<BTreeMap<String, u64>> {
        let names = &self.names;
        let lanes = lanes(Options::default().work_lanes).map(|lane| names.lane_queue(&lane));
        let mut queues = vec![names.inbox(), names.unrouted(), names.dead_letters()];
        queues.extend(lanes.chain((0..LEVELS).map(|level| names.delay(level))));
        let mut counts = self.witness.queues(&queues).await?;
        counts.retain(|_, count| *count > 0);
        Ok(counts)
    }
}

async fn remove(broker: &Config, link: &mut Link) -> Result<()> {
    let topology = Topology::new(&broker.names, &Options::default());
    Ok(topology.remove(link, true).await?)
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if self.finished {
            return;
        }
        for process in &self.processes {
            println!("--- {} ---", process.name());
            process.log().iter().for_each(|line| println!("{line}"));
        }
        self.processes.clear();
        let broker = self.broker.clone();
        // The runtime of the test may be the one that drops this.
        let removed = thread::spawn(move || remove_alone(&broker)).join();
        if !matches!(removed, Ok(Ok(()))) {
            println!("{} was not removed from the broker", self.names.inbox());
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn remove_alone(broker: &Config) -> Result<()> {
    let metrics = Metrics::new(&Registry::new())?;
    let shutdown = CancellationToken::new();
    let mut link = Link::spawn(broker.clone(), Role::Consume, metrics, shutdown.clone());
    let removed = tokio::time::timeout(broker.timeout, remove(broker, &mut link)).await;
    shutdown.cancel();
    removed?
}
