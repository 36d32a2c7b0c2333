//! `barid apply` and `barid diff`: the registry as files say, or what that would change.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::bail;
use barid_event::Tenant;
use clap::Args;
use serde_json::{Value, json};

use crate::api::{self, Api, Path};
use crate::apply::prune;
use crate::apply::run::{self, Done, Manner, Outcome};
use crate::apply::wanted::{Kind, Thing, Wanted};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{manifest, output};

/// Things that are named before the rest is only counted, when asked whether to delete them.
const NAMED: usize = 10;

/// Make the registry what files say.
///
/// Files hold `tenants`, `event_types`, `subscriptions` and `sources`, in YAML or JSON. Applying them again changes nothing. A
/// subscription without a signing secret gets one, or keeps the one it has.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,

    /// Delete subscriptions that are in no file, of those tenants that the files speak of.
    #[arg(long)]
    prune: bool,

    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,

    /// Return when every router has it: what is published then reaches the new subscriptions.
    #[arg(long, conflicts_with = "dry_run")]
    wait: bool,

    /// Delete without asking.
    #[arg(long, requires = "prune")]
    yes: bool,
}

/// Show what `barid apply` would change, field by field, and change nothing (exit code 1 if anything differs).
#[derive(Clone, Debug, Args)]
pub(crate) struct DiffArguments {
    #[command(flatten)]
    files: Files,

    /// Also show what `--prune` would delete.
    #[arg(long)]
    prune: bool,
}

#[derive(Clone, Debug, Args)]
struct Files {
    /// A file, a folder of .yaml, .yml and .json files, or `-` for standard input. Again for more.
    #[arg(short = 'f', long = "file", required = true, value_name = "FILE", num_args = 1..)]
    paths: Vec<PathBuf>,

    /// The tenant of the subscriptions that name none; those that name another are refused.
    #[arg(long)]
    tenant: Option<Tenant>,

    #[command(flatten)]
    api: api::Options,
}

impl Files {
    fn read(&self) -> Result<Vec<Wanted>, manifest::Invalid> {
        manifest::read(&self.paths, self.tenant.as_ref())
    }
}

/// Applies.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let wanted = arguments.files.read()?;
    let api = Api::open(&arguments.files.api, settings).await?;
    let manner = Manner { dry_run: arguments.dry_run, differences: false, wait: arguments.wait };
    let unwanted = if arguments.prune { unwanted(&api, &wanted).await? } else { Vec::new() };
    if !unwanted.is_empty() && !arguments.dry_run && !arguments.yes {
        confirm(&unwanted)?;
    }
    let done = work(&api, &wanted, &unwanted, manner).await?;
    print(&done, &arguments, output)?;
    let failed = done.iter().any(|done| done.outcome == Outcome::Failed);
    let everywhere = !arguments.wait || run::wait(&api, &wanted, &done).await?;
    if !everywhere {
        eprintln!("warning: not every router has it yet: it follows within 10 s, or as soon as the router lives again");
    }
    api.close().await;
    Ok(Exit::done_if(!failed && everywhere))
}

/// Compares.
pub(crate) async fn diff(arguments: DiffArguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let wanted = arguments.files.read()?;
    let api = Api::open(&arguments.files.api, settings).await?;
    let manner = Manner { dry_run: true, differences: true, wait: false };
    let unwanted = if arguments.prune { unwanted(&api, &wanted).await? } else { Vec::new() };
    let done = work(&api, &wanted, &unwanted, manner).await?;
    api.close().await;
    let different: Vec<_> = done.iter().filter(|done| done.outcome != Outcome::Unchanged).collect();
    if output == Output::Table {
        for done in &different {
            output::line(&difference(done))?;
        }
        if different.is_empty() {
            output::line("nothing differs")?;
        }
    } else {
        output::data(output, &different.iter().map(|done| row(done)).collect::<Vec<_>>())?;
    }
    Ok(Exit::done_if(different.is_empty()))
}

async fn work(api: &Api, wanted: &[Wanted], unwanted: &[Thing], manner: Manner) -> anyhow::Result<Vec<Done>> {
    let total = wanted.len() + unwanted.len();
    let bar = output::progress(u64::try_from(total).ok(), "things");
    let mut done = run::put(api, wanted, manner, &bar).await?;
    // What replaces them is there before they go; and nothing goes where something was refused.
    if done.iter().all(|done| done.outcome != Outcome::Failed) {
        done.extend(run::delete(api, unwanted, manner, &bar).await?);
    }
    bar.finish_and_clear();
    Ok(done)
}

async fn unwanted(api: &Api, wanted: &[Wanted]) -> anyhow::Result<Vec<Thing>> {
    let mut existing = Vec::new();
    for tenant in prune::tenants(wanted) {
        let items = api.list(&Path::v1(Kind::Subscription.collection()).with("tenant", tenant)).await?;
        existing.extend(items.iter().filter_map(|item| Thing::of(Kind::Subscription, item)));
    }
    Ok(prune::unwanted(wanted, existing))
}

fn confirm(unwanted: &[Thing]) -> anyhow::Result<()> {
    let named: Vec<_> = unwanted.iter().take(NAMED).map(|thing| format!("\n  {thing}")).collect();
    let named = named.concat();
    let more = match unwanted.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let count = output::count(unwanted.len(), "subscription");
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!(Usage(format!("--prune deletes {count}: add --yes{named}{more}")));
    }
    eprint!("--prune deletes {count}:{named}{more}\nGo on? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { bail!(Usage("nothing was done".to_owned())) }
}

fn print(done: &[Done], arguments: &Arguments, output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, &done.iter().map(row).collect::<Vec<_>>());
    }
    let told: Vec<_> = done.iter().filter(|done| done.outcome != Outcome::Unchanged).collect();
    if !told.is_empty() {
        let rows = told.iter().map(|done| {
            let Thing { kind, tenant, name, .. } = &done.thing;
            [done.outcome.as_str().to_owned(), kind.to_string(), tenant.clone().unwrap_or_default(), name.clone()]
        });
        output::table(["OUTCOME", "KIND", "TENANT", "NAME"], rows)?;
        output::line("")?;
    }
    for done in done {
        if let Some(url) = &done.url {
            output::line(&format!("url of {}: {url}", done.thing))?;
        }
    }
    if done.iter().any(|done| done.url.is_some()) {
        // On the error stream, so that the lines above are all that a script reads.
        eprintln!("tell the providers their URLs: nothing shows them again");
    }
    for error in done.iter().filter_map(|done| done.error.as_deref()) {
        eprintln!("{}", output::printable(error));
    }
    let count = |outcome| done.iter().filter(|done| done.outcome == outcome).count();
    let counts: Vec<_> = Outcome::ALL
        .into_iter()
        .map(|outcome| (count(outcome), outcome.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, outcome)| format!("{count} {outcome}"))
        .collect();
    let counts = if counts.is_empty() { "the files hold nothing".to_owned() } else { counts.join(", ") };
    let dry = if arguments.dry_run { " (dry run: nothing was done)" } else { "" };
    Ok(output::line(&format!("{counts}{dry}"))?)
}

fn difference(done: &Done) -> String {
    let head = format!("{} {}", sign(done.outcome), done.thing);
    let mut lines = vec![head];
    lines.extend(done.changes.iter().map(|change| format!("    {}", output::printable(&change.line()))));
    if done.outcome == Outcome::Changed && done.changes.is_empty() {
        lines.push("    what is masked differs: the url's path or query, or a secret".to_owned());
    }
    lines.extend(done.error.iter().map(|error| format!("    {}", output::printable(error))));
    lines.join("\n")
}

fn sign(outcome: Outcome) -> char {
    match outcome {
        Outcome::Created => '+',
        Outcome::Changed => '~',
        Outcome::Unchanged => '=',
        Outcome::Deleted => '-',
        Outcome::Failed => '!',
    }
}

fn row(done: &Done) -> Value {
    let Done { thing, outcome, changes, url, error, .. } = done;
    json!({
        "outcome": outcome,
        "kind": thing.kind.to_string(),
        "tenant": thing.tenant,
        "name": thing.name,
        "id": thing.id,
        "changes": changes,
        "url": url,
        "error": error,
    })
}
