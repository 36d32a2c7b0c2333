//! `barid dead-letters`: looking at what was given up, trying it again, forgetting it.
//!
//! It works on the queue itself, so it needs nothing but the broker. Two of these commands at a time see only what the
//! other one does not hold.

mod act;
mod look;
mod selection;
mod view;

use std::time::Duration;

use anyhow::Context;
use barid_broker::morgue::Morgue;
use clap::{Args, Subcommand};
use tokio::time::timeout;

use crate::cli::Output;
use crate::config::Settings;
use crate::errand::Errand;
use crate::exit::Exit;

use act::Act;
use selection::{Filter, Selection};

/// How long opening the queue may take.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// Look at what could not be delivered or was no event; try again or discard it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List dead letters, the oldest first. They stay where they are.
    List {
        /// List at most this many.
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show one dead letter: why it died, its envelope or headers, its payload.
    Show {
        /// Its id, as `list` prints it.
        id: String,
    },
    /// Try dead letters again: a delivery with a fresh schedule, a message through the events exchange.
    Replay {
        #[command(flatten)]
        selection: Selection,
        /// Only say what would be replayed.
        #[arg(long)]
        dry_run: bool,
    },
    /// Forget dead letters for good.
    Discard {
        #[command(flatten)]
        selection: Selection,
        /// Only say what would be discarded.
        #[arg(long)]
        dry_run: bool,
        /// Really discard what is chosen by --all or a filter.
        #[arg(long)]
        yes: bool,
    },
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    if let Action::Discard { selection, dry_run: false, yes: false } = &arguments.action {
        selection.refuse_to_discard_unasked()?;
    }
    let errand = Errand::new(settings, "dead-letters")?;
    let morgue = open(&errand, settings).await?;
    let exit = match arguments.action {
        Action::List { limit, filter } => look::list(&morgue, limit, &filter, output).await,
        Action::Show { id } => look::show(&morgue, &id, output).await,
        Action::Replay { selection, dry_run } => act::run(&morgue, Act::Replay, &selection, dry_run, output).await,
        Action::Discard { selection, dry_run, .. } => {
            act::run(&morgue, Act::Discard, &selection, dry_run, output).await
        }
    };
    drop(morgue);
    errand.end().await;
    exit
}

async fn open(errand: &Errand, settings: &Settings) -> anyhow::Result<Morgue> {
    let work_lanes = settings.broker.work_lanes;
    let (mut link, publisher) = (errand.link().await?, errand.publisher().await?);
    let opening = Morgue::open(&mut link, publisher, errand.names().clone(), work_lanes);
    let morgue = timeout(OPEN_WITHIN, opening).await.context("the broker opens no channel")??;
    morgue.count().await.context("cannot read the dead letters (see `barid topology --check`)")?;
    // Where publishers must be named, so must whoever replays what they published.
    let must_be_named = !settings.tenants.publishers.is_empty();
    Ok(morgue.in_the_name_of(must_be_named.then(|| settings.broker.url.user()).flatten()))
}
