//! The router as the binary sees it.

use std::sync::Arc;

use barid_broker::Road;
use barid_registry::Snapshot;
use barid_telemetry::Health;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::canary::Canaries;
use crate::checks::Checks;
use crate::config::Config;
use crate::depths;
use crate::metrics::Metrics;
use crate::sorter::Sorter;

/// Events in, deliveries out.
pub struct Router {
    config: Config,
    road: Road,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    checks: Checks,
    metrics: Metrics,
}

impl Router {
    /// A router of the subscriptions in `snapshots`. It adds the readiness checks `router` and `inbox` and the liveness
    /// check `router`. Nothing happens before [`Router::run`].
    pub fn new(
        config: Config,
        road: Road,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        health: &Health,
        metrics: Metrics,
    ) -> Self {
        Self { config, road, snapshots, checks: Checks::new(health), metrics }
    }

    /// Routes until `stop`, and then until everything taken is settled and acknowledged. Without a way to publish, what is
    /// not begun goes back to its queue at once, and the rest after [`Config::give_back_after`].
    pub async fn run(self, stop: CancellationToken) {
        let Self { config, road, snapshots, checks, metrics } = self;
        let (known, depths) = watch::channel(Vec::new());

        // Dropped, and so ended, with this future.
        let mut helpers = JoinSet::new();
        let lanes = depths::watch(road.clone(), config.work_lanes, metrics.clone(), known);
        helpers.spawn(lanes);
        let every = config.canary_interval;
        let canaries = Canaries::new(&road, every, checks.inbox.clone(), metrics.clone());
        helpers.spawn(canaries.run());

        Sorter::new(&config, &road, snapshots, depths, checks, metrics).run(stop).await;
    }
}
