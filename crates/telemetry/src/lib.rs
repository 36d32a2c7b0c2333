//! Metrics, structured logs and the operations endpoints of a Barid process.
