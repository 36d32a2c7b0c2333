//! `barid topology`: what Barid needs on the broker, printed, looked for, declared or deleted.

use std::time::Duration;

use anyhow::{Context, bail};
use barid_broker::topology::Topology;
use clap::Args;
use serde_json::json;
use tokio::time::timeout;

use crate::cli::Output;
use crate::config::Settings;
use crate::errand::Errand;
use crate::exit::{Exit, Usage};
use crate::output;

/// How long declaring or deleting everything may take: quorum queues are slow to make.
const WITHIN: Duration = Duration::from_mins(2);

/// Print, check, declare or delete Barid's exchanges and queues on the broker.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    action: Action,

    /// Really delete.
    #[arg(long, requires = "delete")]
    yes: bool,

    /// Delete the exchange that CRM services publish to as well.
    #[arg(long, requires = "delete")]
    with_events_exchange: bool,
}

#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line, of which exactly one is given")]
struct Action {
    /// Print the definitions, as `rabbitmqctl import_definitions` takes them. Needs no broker.
    #[arg(long)]
    print: bool,

    /// List what is missing (exit code 1 if anything is). Declares nothing; bindings and arguments cannot be seen.
    #[arg(long)]
    check: bool,

    /// Declare everything. Doing so again changes nothing.
    #[arg(long)]
    apply: bool,

    /// Delete everything of this namespace, with all events and deliveries in it. Needs --yes.
    #[arg(long)]
    delete: bool,
}

/// Does what was asked.
pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let (topology, action) = (settings.topology(), arguments.action);
    if action.print {
        output::json(&topology.definitions(&settings.broker.url.vhost()))?;
        return Ok(Exit::Done);
    }
    if action.delete && !arguments.yes {
        let message = format!(
            "this deletes every queue of the namespace {} with everything in it: add --yes",
            settings.broker.namespace
        );
        bail!(Usage(message));
    }
    let errand = Errand::new(settings, "topology")?;
    let visit = visit(arguments, &topology, &errand, output);
    let exit = timeout(WITHIN, visit).await.context("the broker takes too long")?;
    errand.end().await;
    exit
}

async fn visit(arguments: &Arguments, topology: &Topology, errand: &Errand, output: Output) -> anyhow::Result<Exit> {
    let mut link = errand.link().await?;
    if arguments.action.check {
        let missing = topology.check(&mut link).await?;
        match output {
            Output::Json | Output::Yaml => output::data(output, &json!({ "missing": missing }))?,
            Output::Table if missing.is_empty() => output::line("everything is there")?,
            Output::Table => output::line(&missing.join("\n"))?,
        }
        return Ok(Exit::done_if(missing.is_empty()));
    }
    let done = if arguments.action.apply {
        topology.apply(&mut link).await?;
        "declared"
    } else {
        topology.remove(&mut link, arguments.with_events_exchange).await?;
        "deleted"
    };
    match output {
        Output::Json | Output::Yaml => output::data(output, &json!({ "done": done }))?,
        Output::Table => output::line(done)?,
    }
    Ok(Exit::Done)
}
