//! What the gateway counts.

use barid_telemetry::metrics;

/// Bounds, in seconds, of the time to an answer.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

metrics! {
    /// Metrics of the gateway.
    pub struct Metrics {
        /// Requests answered, by route, method and class of the answer (2xx, 4xx and so on).
        http_requests_total: IntCounterVec["route", "method", "code_class"],
        /// Time from a request's header to its answer's, by route.
        http_request_duration_seconds: HistogramVec(SECONDS)["route"],
        /// Requests that ended in a panic. Each is a defect: the log has its message.
        http_panics_total: IntCounter,
        /// Events sent over HTTP, by what became of them: accepted, refused, limited or unavailable.
        events_published_total: IntCounterVec["result"],
        /// Requests to sources, by preset and by what became of them: accepted, duplicate, empty (verified, and with no item
        /// where items should be), ignored, challenge, unproven, invalid, refused, too_large, timeout, limited, unavailable
        /// or unknown (no source has the token; preset none).
        source_requests_total: IntCounterVec["preset", "outcome"],
        /// Items of requests to sources, by preset and by what became of them: event, dead_letter or duplicate.
        source_items_total: IntCounterVec["preset", "result"],
        /// Time from a request's header to its answer's, by preset.
        source_request_duration_seconds: HistogramVec(SECONDS)["preset"],
        /// Own lanes that were deleted after their subscriptions were resumed or deleted.
        own_lanes_retired_total: IntCounter,
    }
}
