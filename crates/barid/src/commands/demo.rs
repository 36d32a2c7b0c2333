//! `barid demo`: the whole road, to look at.

use clap::Args;

use crate::config::Settings;
use crate::demo::{self, Plan};
use crate::exit::Exit;

/// How the demo runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// End by itself; the exit code is 0 only if every delivery is accounted for.
    #[arg(long)]
    once: bool,
    /// Events to publish (in each round, without --once).
    #[arg(long, default_value_t = 300)]
    events: usize,
    /// Events published per second.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
}

/// Runs the demo.
pub(crate) async fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Exit> {
    let plan = Plan { once: arguments.once, events: arguments.events, rate: arguments.rate };
    let url = settings.broker.connection(String::new()).url;
    let is_complete = demo::run(&plan, url).await?;
    Ok(if is_complete { Exit::Done } else { Exit::Failed })
}
