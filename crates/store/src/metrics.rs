//! What a mirror can tell.

use barid_telemetry::metrics;

/// Bounds, in seconds, of a refresh: a few milliseconds when nothing or little changed, seconds for a full load.
const REFRESH_SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

metrics! {
    /// Metrics of the registry as a process knows it.
    pub struct Metrics {
        /// Revision of the registry that this process works with.
        registry_revision: IntGauge,
        /// 1 while this process works with a copy of the registry, because the store was away when it started.
        registry_stale: IntGauge,
        /// Subscriptions that this process works with.
        registry_subscriptions: IntGauge,
        /// Entries of the registry that this process cannot read and leaves out.
        registry_unreadable: IntGauge,
        /// Time to look at the store and take over what changed.
        registry_refresh_duration_seconds: Histogram(REFRESH_SECONDS),
        /// Looks at the store, by what came of them: full, incremental, none or failed.
        registry_refreshes_total: IntCounterVec["kind"],
        /// When the store was looked at last with success, in seconds since 1970.
        registry_last_refresh_timestamp_seconds: IntGauge,
        /// Times the registry in memory was not what the store holds at the same revision.
        registry_mismatches_total: IntCounter,
    }
}
