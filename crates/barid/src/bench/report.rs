//! What a benchmark found.

use std::fmt;
use std::time::Duration;

use comfy_table::{Table, presets};
use serde::Serialize;

use super::Plan;
use super::cpu::Cost;
use super::float;
use super::sink::Stats;

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    fan_out: usize,
    events: usize,
    deliveries: usize,
    duplicates: usize,
    seconds: f64,
    deliveries_per_second: f64,
    /// Milliseconds from publishing to arrival.
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// CPU seconds per 10,000 deliveries, in all without the publisher.
    cpu_per_10k: f64,
    processes: Vec<Process>,
}

#[derive(Clone, Debug, Serialize)]
struct Process {
    name: &'static str,
    cpu_per_10k: Option<f64>,
    peak_memory_mb: Option<u64>,
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        events: usize,
        elapsed: Duration,
        stats: &Stats,
        costs: Vec<Cost>,
        publisher_seconds: f64,
    ) -> Self {
        let per_10k = |seconds: f64| seconds / (float(stats.unique) / 10_000.0);
        let cpu_per_10k = costs.iter().filter_map(|cost| cost.seconds).map(per_10k).sum();
        let mut processes: Vec<Process> = costs
            .into_iter()
            .map(|cost| Process {
                name: cost.name,
                cpu_per_10k: cost.seconds.map(per_10k),
                peak_memory_mb: cost.peak_memory.map(|bytes| bytes / 1_000_000),
            })
            .collect();
        processes.push(Process {
            name: "publisher",
            cpu_per_10k: Some(per_10k(publisher_seconds)),
            peak_memory_mb: None,
        });
        let millis = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1000.0;
        Self {
            fan_out: plan.fan_out,
            events,
            deliveries: stats.unique,
            duplicates: stats.duplicates,
            seconds: elapsed.as_secs_f64(),
            deliveries_per_second: float(stats.unique) / elapsed.as_secs_f64(),
            p50_ms: millis(stats.p50),
            p99_ms: millis(stats.p99),
            max_ms: millis(stats.max),
            cpu_per_10k,
            processes,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} events to {} subscriptions each: {} deliveries in {:.2} s, {:.0} deliveries/s, {} duplicates",
            self.events, self.fan_out, self.deliveries, self.seconds, self.deliveries_per_second, self.duplicates
        )?;
        writeln!(
            f,
            "from publishing to arrival: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            self.p50_ms, self.p99_ms, self.max_ms
        )?;
        writeln!(f, "CPU seconds per 10,000 deliveries: {:.2} (without the publisher)", self.cpu_per_10k)?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["process", "CPU s / 10k", "peak memory"]);
        for process in &self.processes {
            table.add_row([
                process.name.to_owned(),
                process.cpu_per_10k.map_or("-".to_owned(), |seconds| format!("{seconds:.3}")),
                process.peak_memory_mb.map_or("-".to_owned(), |mb| format!("{mb} MB")),
            ]);
        }
        write!(f, "{table}")
    }
}
