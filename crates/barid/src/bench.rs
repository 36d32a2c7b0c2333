//! `barid bench`: how fast the whole road is on this machine, and what it costs.
//!
//! Router, dispatcher and the receiving end run as processes of their own, so that each one's CPU time is known; the
//! broker's is read from its process too when it runs here. The receiving end counts by `webhook-id` and subscription,
//! so that "everything arrived exactly once" is a measurement as well.

mod cpu;
mod load;
mod report;
mod sink;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;

use cpu::Meter;
pub(crate) use report::Report;
pub(crate) use sink::serve as sink;
use world::World;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Deliveries in all.
    pub(crate) deliveries: usize,
    /// Subscriptions that want each event; at least one.
    pub(crate) fan_out: usize,
    /// Bytes of each event's data.
    pub(crate) payload: usize,
    /// Events per second; 0 is as fast as the broker confirms.
    pub(crate) rate: u32,
    /// Adds a subscription whose receiver never answers.
    pub(crate) hang: bool,
    /// How long the receiving end takes to answer.
    pub(crate) answer_after: Duration,
    /// The broker's process, if it is not to be found by its port.
    pub(crate) broker_pid: Option<u32>,
}

/// How long nothing may arrive before the run is given up.
const STALLED: Duration = Duration::from_secs(30);

/// Runs the benchmark against the broker at `url`. Missing deliveries are an error.
pub(crate) async fn run(plan: &Plan, url: SecretString) -> Result<Report> {
    let events = plan.deliveries.div_ceil(plan.fan_out);
    let expected = events * plan.fan_out;
    let world = World::start(plan, url.clone()).await?;
    let meter = Meter::new(&world.processes(), plan.broker_pid.or_else(|| cpu::listener(&url)));

    let progress = progress_bar(expected);
    let before = meter.read();
    let started = Instant::now();
    let publish_cpu = cpu::own();
    let load = load::Load { events, payload: plan.payload, rate: plan.rate };
    let publishing = tokio::spawn(load::publish(world.publisher(), world.names(), load));

    let mut last = (0, Instant::now());
    let stats = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let count = world.sink_count().await?;
        progress.set_position(count as u64);
        if count >= expected {
            break world.sink_stats().await?;
        }
        if count != last.0 {
            last = (count, Instant::now());
        }
        ensure!(
            last.1.elapsed() < STALLED,
            "only {count} of {expected} deliveries arrived; nothing more for {STALLED:?}\n{}",
            world.logs()
        );
    };
    let elapsed = started.elapsed();
    publishing.await.context("publishing")??;
    progress.finish_and_clear();
    let costs = meter.since(&before);
    let report = Report::new(plan, events, elapsed, &stats, costs, cpu::own() - publish_cpu);
    world.stop().await?;
    Ok(report)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "no benchmark counts to 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

fn progress_bar(expected: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} deliveries, {per_sec}, {elapsed}");
    ProgressBar::new(expected as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
