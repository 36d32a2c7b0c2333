//! What a metric is, for the reference page that is printed from the code.

use std::fmt;

/// One metric, as its role declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// The full name, with the prefix `barid_`.
    pub name: &'static str,
    /// How its value behaves.
    pub kind: Kind,
    /// The names of its labels, in the order of `with_label_values`.
    pub labels: &'static [&'static str],
    /// What it counts or measures: the help text.
    pub help: &'static str,
}

/// How a metric's value behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process starts again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations, counted in buckets.
    Histogram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}
