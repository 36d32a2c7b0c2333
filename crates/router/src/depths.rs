//! Keeps the depths of the lanes: for choosing the shorter one, and for operators to see.

use std::time::Duration;

use barid_broker::topology::lanes;
use barid_broker::{Lane, Road};
use barid_telemetry::prometheus::IntGauge;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::debug;

use crate::metrics::Metrics;

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Looks at all lanes for ever; their depths, work lanes first, go to `known`. A look that fails changes nothing.
pub(crate) async fn watch(road: Road, work_lanes: u16, metrics: Metrics, known: watch::Sender<Vec<u32>>) {
    let lanes: Vec<Lane> = lanes(work_lanes).collect();
    let gauge = |lane: &Lane| {
        let name = lane.to_string();
        metrics.lane_messages.with_label_values(&[name.as_str()])
    };
    let gauges: Vec<IntGauge> = lanes.iter().map(gauge).collect();
    let mut depths = road.depths(&lanes);
    loop {
        match depths.look().await {
            Ok(depths) => {
                for (gauge, depth) in gauges.iter().zip(&depths) {
                    gauge.set(i64::from(*depth));
                }
                known.send_replace(depths);
            }
            Err(error) => debug!(%error, "the depths of the lanes are unknown"),
        }
        sleep(EVERY).await;
    }
}
