//! Metrics, structured logs and the operations endpoints of a Barid process.
//!
//! A role declares its metrics with [`metrics!`], in which a doc comment is the help text. The binary makes one
//! [`registry`](fn@registry), calls [`init_logs`] once, and runs a [`Server`] that shows metrics and [`Health`] to
//! Prometheus and Kubernetes. This crate is a leaf: it knows no other crate of ours.

mod build;
mod description;
mod health;
mod logs;
mod macros;
mod registry;
mod server;

pub use build::{BuildInfo, ProcessMetrics};
pub use description::{Description, Kind};
pub use health::{Check, Health, Report};
pub use logs::{LogError, LogFormat, init_logs};
pub use prometheus;
pub use registry::{METRICS_CONTENT_TYPE, registry, render};
pub use server::Server;
