//! What a dispatcher can tell.

use barid_telemetry::metrics;

/// Bounds, in seconds, of one attempt: the default timeout is 15 s, the longest a minute.
const ATTEMPT_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0];

/// Bounds, in seconds, of the time from when an attempt is due to when it starts.
const DELAY_SECONDS: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// Bounds, in seconds, of the time from accepting an event to its delivery: with retries, up to a day and more.
const END_TO_END_SECONDS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 1800.0, 7200.0, 36_000.0, 86_400.0, 259_200.0];

metrics! {
    /// Metrics of the dispatcher role.
    pub struct Metrics {
        /// Deliveries by what became of them, and whose fault it was.
        deliveries_total: IntCounterVec["outcome", "fault"],
        /// Attempts by the class of the answer.
        delivery_attempts_total: IntCounterVec["code_class"],
        /// Time an attempt took.
        delivery_attempt_duration_seconds: HistogramVec(ATTEMPT_SECONDS)["outcome"],
        /// Time from when an attempt was due to when it started.
        delivery_queue_delay_seconds: Histogram(DELAY_SECONDS),
        /// Time from accepting an event to its successful delivery.
        delivery_end_to_end_seconds: HistogramVec(END_TO_END_SECONDS)["first_try"],
        /// Requests in flight.
        deliveries_in_flight: IntGauge,
        /// Deliveries in memory that wait for a permit.
        deliveries_waiting: IntGauge,
        /// Requests that may be in flight at a time.
        dispatcher_slots: IntGauge,
        /// Retries put on the delay ladder, by the highest level they stop at.
        retry_scheduled_total: IntCounterVec["level"],
        /// Deliveries moved without an attempt: to a slow lane, to the own lane of a paused subscription, back to the ladder,
        /// or split off their message.
        deliveries_moved_total: IntCounterVec["to"],
        /// Subscriptions found slow, and found fast again.
        slow_notices_total: IntCounterVec["kind"],
        /// Retry-After headers that said nothing usable.
        retry_after_ignored_total: IntCounter,
        /// Own lanes that this process consumes, or would if another let go of them.
        own_lanes_consumed: IntGauge,
        /// Test deliveries, by whether the receiver accepted them.
        delivery_tests_total: IntCounterVec["outcome"],
        /// Results used again for a message the broker handed out twice, instead of a second request.
        results_reused_total: IntCounter,
    }
}
