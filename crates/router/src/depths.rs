//! Keeps the depths of the queues: for choosing the shorter lane, and for operators to see.

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

/// Looks at all lanes for ever; their depths, work lanes first, go to `known`. Beside them, what operators watch: the
/// inbox, what had no lane, and the dead letters. A look that fails changes nothing.
pub(crate) async fn watch(road: Road, work_lanes: u16, metrics: Metrics, known: watch::Sender<Vec<u32>>) {
    let lanes: Vec<Lane> = lanes(work_lanes).collect();
    let lane_gauge = |lane: &Lane| {
        let name = lane.to_string();
        metrics.lane_messages.with_label_values(&[name.as_str()])
    };
    let mut gauges: Vec<IntGauge> = lanes.iter().map(lane_gauge).collect();
    let mut queues: Vec<String> = lanes.iter().map(|lane| road.names.lane_queue(lane)).collect();
    gauges.extend(["inbox", "unrouted"].map(|queue| metrics.queue_messages.with_label_values(&[queue])));
    gauges.push(metrics.dead_letter_messages.clone());
    queues.extend([road.names.inbox(), road.names.unrouted(), road.names.dead_letters()]);
    let mut depths = road.depths(queues);
    loop {
        match depths.look().await {
            Ok(mut depths) => {
                for (gauge, depth) in gauges.iter().zip(&depths) {
                    gauge.set(i64::from(*depth));
                }
                depths.truncate(lanes.len());
                known.send_replace(depths);
            }
            Err(error) => debug!(%error, "the depths of the queues are unknown"),
        }
        sleep(EVERY).await;
    }
}
