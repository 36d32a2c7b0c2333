//! `barid bench`: how fast the whole road is.

use std::time::Duration;

use clap::Args;

use crate::bench::{self, Plan};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// Deliveries in all; the number of events is this divided by the fan-out.
    #[arg(long, default_value_t = 40_000)]
    deliveries: usize,
    /// Subscriptions that want each event.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    fan_out: u16,
    /// Bytes of each event's data.
    #[arg(long, default_value_t = 1024)]
    payload: usize,
    /// Events per second; 0 is as fast as the broker confirms.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// Add a subscription whose receiver never answers.
    #[arg(long)]
    hang: bool,
    /// How long the receiving end takes to answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    answer_after: u64,
    /// Process id of the broker; found by its port when it runs on this machine.
    #[arg(long)]
    broker_pid: Option<u32>,
}

/// How the receiving end behaves.
#[derive(Args, Clone, Debug)]
pub(crate) struct SinkArguments {
    /// How long it takes to answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    answer_after: u64,
}

/// Runs the benchmark and prints what it found.
pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let plan = Plan {
        deliveries: arguments.deliveries,
        fan_out: usize::from(arguments.fan_out),
        payload: arguments.payload,
        rate: arguments.rate,
        hang: arguments.hang,
        answer_after: Duration::from_millis(arguments.answer_after),
        broker_pid: arguments.broker_pid,
    };
    let url = settings.broker.connection(String::new()).url;
    let report = bench::run(&plan, url).await?;
    match output {
        Output::Table => output::line(&report.to_string())?,
        Output::Json | Output::Yaml => output::data(output, &report)?,
    }
    Ok(Exit::Done)
}

/// Serves until it is ended.
pub(crate) async fn sink(arguments: &SinkArguments) -> anyhow::Result<Exit> {
    bench::sink(Duration::from_millis(arguments.answer_after)).await?;
    Ok(Exit::Done)
}
