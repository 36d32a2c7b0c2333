//! What a process can tell about its broker.

use barid_telemetry::metrics;

/// Bounds, in seconds, of the time to a confirm.
const CONFIRM_SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

metrics! {
    /// Metrics of the connections to RabbitMQ.
    pub struct Metrics {
        /// Whether the connection is up (1) or not (0)
        broker_connected: IntGaugeVec["role"],
        /// Whether the broker has blocked the publishing connection (a memory or disk alarm)
        broker_blocked: IntGauge,
        /// Connections lost and made again
        reconnects_total: IntCounterVec["role"],
        /// Consumers that ended without our doing, by reason
        consumer_cancelled_total: IntCounterVec["reason"],
        /// Time from publishing to the broker's confirm
        publish_confirm_duration_seconds: Histogram(CONFIRM_SECONDS),
        /// Publishes sent and not yet confirmed
        publish_unconfirmed: IntGauge,
        /// Publishes the broker could not route
        publish_returned_total: IntCounter,
        /// Dead letters made by this process, by reason.
        dead_letters_total: IntCounterVec["reason"],
        /// Publishes the broker refused
        publish_nacked_total: IntCounter,
        /// Records of routing decisions and attempts written to the ledger
        ledger_records_total: IntCounter,
        /// Batches of records that the broker has confirmed, by where: the stream, or the overflow queue
        ledger_batches_total: IntCounterVec["route"],
        /// Bytes of those batches
        ledger_bytes_total: IntCounter,
        /// Time from closing a batch of records to the broker's confirm
        ledger_confirm_duration_seconds: Histogram(CONFIRM_SECONDS),
        /// Whether records go to the overflow queue (1), because the stream alone does not confirm, or to the stream (0)
        ledger_overflow: IntGauge,
    }
}
