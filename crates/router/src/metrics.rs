//! What a router can tell.

use barid_telemetry::metrics;
use barid_telemetry::prometheus::IntCounter;

use crate::filters::Tally;

/// Bounds of the deliveries made of one event.
const FANOUT: &[f64] = &[0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1000.0];

/// Bounds, in seconds, of the time to route one event: a confirm of the broker and little else, unless publishing is blocked.
const ROUTE_SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Bounds, in seconds, of a canary's flight: it waits in the inbox behind every event before it.
const CANARY_SECONDS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

metrics! {
    /// Metrics of the router role.
    pub struct Metrics {
        /// Messages settled, by what became of them.
        events_consumed_total: IntCounterVec["result"],
        /// Events whose publisher gave no id: they cannot be told from their duplicates.
        events_id_made_total: IntCounter,
        /// Events that their type's schema would refuse, were it enforced.
        schema_warnings_total: IntCounter,
        /// Evaluations of filters, by what they said; `switched_off` were not evaluated.
        filter_evaluations_total: IntCounterVec["result"],
        /// Filters that were slow again and again, and evaluate nothing until they are changed.
        filters_switched_off_total: IntCounter,
        /// Deliveries made of one event.
        router_fanout_size: Histogram(FANOUT),
        /// Time from taking a message to the confirm of everything published for it.
        route_duration_seconds: Histogram(ROUTE_SECONDS),
        /// Messages ready in a lane, as this process saw it last.
        lane_messages: IntGaugeVec["lane"],
        /// Messages ready in a queue before and beside the lanes, as this process saw it last.
        queue_messages: IntGaugeVec["queue"],
        /// Dead letters waiting to be replayed or discarded, as this process saw it last.
        dead_letter_messages: IntGauge,
        /// Subscriptions whose deliveries go to their slow lane.
        slow_subscriptions: IntGauge,
        /// When a canary of this process last came through the inbox, in seconds since 1970.
        canary_last_success_timestamp_seconds: IntGauge,
        /// Time from publishing a canary to the notice that it came through the inbox.
        canary_duration_seconds: Histogram(CANARY_SECONDS),
    }
}

/// The counters behind `events_consumed_total`, looked up once: a message costs no search by label.
#[derive(Clone, Debug)]
pub(crate) struct Consumed {
    /// An event with deliveries.
    pub(crate) routed: IntCounter,
    /// An event that nobody wants.
    pub(crate) unmatched: IntCounter,
    /// No event.
    pub(crate) invalid: IntCounter,
    /// Not let in, or given up, for another reason.
    pub(crate) refused: IntCounter,
    /// Deliveries of a lane that is gone, put into another.
    pub(crate) rerouted: IntCounter,
    /// A canary.
    pub(crate) canary: IntCounter,
    /// Back to its queue, because publishing did not succeed in time.
    pub(crate) given_back: IntCounter,
}

impl Consumed {
    pub(crate) fn of(metrics: &Metrics) -> Self {
        let counter = |result| metrics.events_consumed_total.with_label_values(&[result]);
        Self {
            routed: counter("routed"),
            unmatched: counter("unmatched"),
            invalid: counter("invalid"),
            refused: counter("refused"),
            rerouted: counter("rerouted"),
            canary: counter("canary"),
            given_back: counter("given_back"),
        }
    }
}

/// The counters behind `filter_evaluations_total` and `filters_switched_off_total`, looked up once.
#[derive(Clone, Debug)]
pub(crate) struct Filtered {
    matched: IntCounter,
    unmatched: IntCounter,
    errors: IntCounter,
    skipped: IntCounter,
    switched_off: IntCounter,
}

impl Filtered {
    pub(crate) fn of(metrics: &Metrics) -> Self {
        let counter = |result| metrics.filter_evaluations_total.with_label_values(&[result]);
        Self {
            matched: counter("match"),
            unmatched: counter("no_match"),
            errors: counter("error"),
            skipped: counter("switched_off"),
            switched_off: metrics.filters_switched_off_total.clone(),
        }
    }

    /// Counts what the filters said of one event. Most events meet no filter.
    pub(crate) fn count(&self, tally: &Tally) {
        if *tally == Tally::default() {
            return;
        }
        self.matched.inc_by(tally.matched);
        self.unmatched.inc_by(tally.unmatched);
        self.errors.inc_by(tally.errors);
        self.skipped.inc_by(tally.skipped);
        self.switched_off.inc_by(tally.switched_off);
    }
}
