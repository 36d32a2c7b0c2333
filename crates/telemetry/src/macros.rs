//! The `metrics!` macro: one struct per role, whose doc comments are the help texts.

/// Declares the metrics of a role as a struct.
///
/// The name of a field, after the prefix `barid_`, is the metric's name; its doc comment is the help text; its type is one
/// of `IntCounter`, `IntCounterVec["label", ...]`, `IntGauge`, `IntGaugeVec["label", ...]`, `Histogram(BUCKETS)` and
/// `HistogramVec(BUCKETS)["label", ...]`. Names end in their unit (`_seconds`, `_bytes`), counters in `_total`. The values of
/// a label come from a closed list: never an id, a URL or anything else a user can invent.
///
/// The struct has `new(&Registry) -> Result<Self, prometheus::Error>`, which registers all of it, and `DESCRIPTIONS`,
/// from which the reference page is printed.
///
/// ```
/// use barid_telemetry::{metrics, prometheus::Registry};
///
/// /// A route is CPU work on one event: microseconds, or something is wrong.
/// const ROUTE_BUCKETS: &[f64] = &[0.000_1, 0.001, 0.01, 0.1, 1.0];
///
/// metrics! {
///     /// Metrics of the router.
///     pub struct RouterMetrics {
///         /// Events taken from the inbox, by what became of them.
///         events_consumed_total: IntCounterVec["result"],
///         /// Time to route one event.
///         route_duration_seconds: Histogram(ROUTE_BUCKETS),
///     }
/// }
///
/// # fn main() -> Result<(), barid_telemetry::prometheus::Error> {
/// let metrics = RouterMetrics::new(&Registry::new())?;
/// metrics.events_consumed_total.with_label_values(&["routed"]).inc();
/// assert_eq!(RouterMetrics::DESCRIPTIONS[0].name, "barid_events_consumed_total");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! metrics {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $help:literal])+
                $field:ident: $kind:ident $(($buckets:expr))? $([$($label:literal),+ $(,)?])?
            ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $(
                $(#[doc = $help])+
                $vis $field: $crate::prometheus::$kind,
            )+
        }

        impl $name {
            /// Name, kind, labels and help of every metric here, in the order of the fields.
            $vis const DESCRIPTIONS: &'static [$crate::Description] = &[$(
                $crate::Description {
                    name: concat!("barid_", stringify!($field)),
                    kind: $crate::metrics!(@kind $kind),
                    labels: &[$($($label),+)?],
                    // A doc comment's text begins with the space after its slashes.
                    help: concat!($($help),+).trim_ascii(),
                },
            )+];

            /// Makes the metrics and registers them. Fails if a name is taken or not valid.
            $vis fn new(
                registry: &$crate::prometheus::Registry,
            ) -> Result<Self, $crate::prometheus::Error> {
                $(
                    let $field = $crate::metrics!(
                        @new $kind,
                        concat!("barid_", stringify!($field)),
                        concat!($($help),+).trim_ascii()
                        $(, ($buckets))? $(, [$($label),+])?
                    )?;
                    registry.register(Box::new($field.clone()))?;
                )+
                Ok(Self { $($field),+ })
            }
        }
    };

    (@kind IntCounter) => { $crate::Kind::Counter };
    (@kind IntCounterVec) => { $crate::Kind::Counter };
    (@kind IntGauge) => { $crate::Kind::Gauge };
    (@kind IntGaugeVec) => { $crate::Kind::Gauge };
    (@kind Histogram) => { $crate::Kind::Histogram };
    (@kind HistogramVec) => { $crate::Kind::Histogram };

    // One pattern per type, so that a missing bucket list or a superfluous label does not compile.
    (@new IntCounter, $name:expr, $help:expr) => {
        $crate::prometheus::IntCounter::new($name, $help)
    };
    (@new IntCounterVec, $name:expr, $help:expr, [$($label:literal),+]) => {
        $crate::prometheus::IntCounterVec::new($crate::prometheus::Opts::new($name, $help), &[$($label),+])
    };
    (@new IntGauge, $name:expr, $help:expr) => {
        $crate::prometheus::IntGauge::new($name, $help)
    };
    (@new IntGaugeVec, $name:expr, $help:expr, [$($label:literal),+]) => {
        $crate::prometheus::IntGaugeVec::new($crate::prometheus::Opts::new($name, $help), &[$($label),+])
    };
    (@new Histogram, $name:expr, $help:expr, ($buckets:expr)) => {
        $crate::prometheus::Histogram::with_opts(
            $crate::prometheus::HistogramOpts::new($name, $help).buckets($buckets.to_vec()),
        )
    };
    (@new HistogramVec, $name:expr, $help:expr, ($buckets:expr), [$($label:literal),+]) => {
        $crate::prometheus::HistogramVec::new(
            $crate::prometheus::HistogramOpts::new($name, $help).buckets($buckets.to_vec()),
            &[$($label),+],
        )
    };
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use crate::{Description, Kind, render};

    const BUCKETS: &[f64] = &[0.5, 1.0];

    metrics! {
        /// One of each.
        pub(crate) struct Everything {
            /// Letters sent.
            letters_total: IntCounter,
            /// Letters returned, by the reason
            /// the postman gave.
            returns_total: IntCounterVec["reason", "fault"],
            /// Couriers on the road.
            couriers: IntGauge,
            /// Horses by relay.
            horses: IntGaugeVec["relay"],
            /// Time on the road.
            ride_seconds: Histogram(BUCKETS),
            /// Time at a relay.
            rest_seconds: HistogramVec(BUCKETS)["relay"],
        }
    }

    #[test]
    fn doc_comments_become_help_texts_and_fields_become_names() {
        let registry = Registry::new();
        let metrics = Everything::new(&registry).unwrap();
        metrics.letters_total.inc();
        metrics.returns_total.with_label_values(&["unknown", "receiver"]).inc_by(2);
        metrics.couriers.set(3);
        metrics.horses.with_label_values(&["damascus"]).set(4);
        metrics.ride_seconds.observe(0.7);
        metrics.rest_seconds.with_label_values(&["damascus"]).observe(0.1);
        let text = render(&registry).unwrap();
        for line in [
            "# HELP barid_letters_total Letters sent.",
            "# TYPE barid_letters_total counter",
            "# HELP barid_returns_total Letters returned, by the reason the postman gave.",
            r#"barid_returns_total{fault="receiver",reason="unknown"} 2"#,
            "barid_couriers 3",
            r#"barid_horses{relay="damascus"} 4"#,
            r#"barid_ride_seconds_bucket{le="0.5"} 0"#,
            r#"barid_ride_seconds_bucket{le="1"} 1"#,
            r#"barid_rest_seconds_bucket{relay="damascus",le="0.5"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n\n{text}");
        }
    }

    #[test]
    fn describes_every_metric() {
        assert_eq!(Everything::DESCRIPTIONS.len(), 6);
        assert_eq!(
            Everything::DESCRIPTIONS[5],
            Description {
                name: "barid_rest_seconds",
                kind: Kind::Histogram,
                labels: &["relay"],
                help: "Time at a relay.",
            }
        );
    }

    #[test]
    fn refuses_to_register_a_name_twice() {
        let registry = Registry::new();
        Everything::new(&registry).unwrap();
        assert!(Everything::new(&registry).is_err());
    }
}
