//! `barid explain`: what would become of an event, asked of the API, of the store (`--local`), or of a file of subscriptions.

mod event;
mod show;

use std::path::{Path as FilePath, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use barid_event::Tenant;
use barid_registry::explain::{Circumstances, explain};
use clap::Args;
use serde_json::Value;

use crate::api::{self, Api, Method, Path};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{clock, output, subscriptions};

use event::Given;

/// How long explaining may take here.
const BUDGET: Duration = Duration::from_secs(30);

/// Tell what would become of an event: who gets it, who does not, why, and what would be sent. Nothing is published.
///
/// The event is JSON as `POST /v1/events` takes it; of its attributes only `type` is required:
/// `barid explain event.json`, or `echo '{"type": "deal.won"}' | barid explain -`. With one subscription the whole story is
/// told, with the request that would be sent; credentials and signatures are masked.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// A file with the event, or `-` for standard input.
    #[arg(value_name = "EVENT")]
    event: PathBuf,

    /// Only this subscription: its name, or its id (sub_...).
    #[arg(long, value_name = "NAME")]
    subscription: Option<String>,

    /// Also send the event once to that subscription, as a test delivery (exit code 1 if it is not delivered).
    #[arg(long, requires = "subscription")]
    send: bool,

    /// Whose event it is, where the event does not say it.
    #[arg(long)]
    tenant: Option<Tenant>,

    /// Ask this file of subscriptions, not the registry.
    #[arg(long = "subscriptions", value_name = "FILE", conflicts_with_all = ["send", "local"])]
    file: Option<PathBuf>,

    #[command(flatten)]
    api: api::Options,
}

/// Explains.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let given = Given::read(&arguments.event, arguments.tenant.as_ref(), settings.router.limits().max_body)?;
    let explanation = match &arguments.file {
        Some(file) => of_file(file, &given, arguments.subscription.as_deref(), settings)?,
        None => of_api(given, &arguments, settings).await?,
    };
    if output == Output::Table {
        show::explanation(&explanation, arguments.subscription.is_some())?;
    } else {
        output::data(output, &explanation)?;
    }
    Ok(Exit::done_if(!arguments.send || explanation["sent"]["delivered"] == true))
}

async fn of_api(given: Given, arguments: &Arguments, settings: &Settings) -> anyhow::Result<Value> {
    let path = Path::v1("explain")
        .with_some("subscription", arguments.subscription.as_ref())
        .with_flag("send", arguments.send);
    let api = Api::open(&arguments.api, settings).await?;
    let answer = api.call_with_text(Method::Post, &path, given.json).await;
    api.close().await;
    Ok(answer.context("the event was not explained")?.body)
}

fn of_file(file: &FilePath, given: &Given, only: Option<&str>, settings: &Settings) -> anyhow::Result<Value> {
    let snapshot = subscriptions::load(file, settings.security.guard())?;
    let now = clock::now();
    let event =
        given.event(settings.router.limits(), now).map_err(|error| Usage(format!("this is no event: {error}")))?;
    let tenant = &event.envelope.tenant;
    let only = match only {
        None => None,
        Some(name) => match snapshot.find(tenant, name) {
            Some(found) => Some(found),
            None => bail!("tenant {tenant} has no subscription {name:?} in {}", file.display()),
        },
    };
    let circumstances =
        Circumstances { now: now.timestamp(), hops: 0, max_fanout: settings.quotas.fanout, budget: BUDGET };
    let began = Instant::now();
    Ok(explain(&snapshot, &event, only, &circumstances, || began.elapsed()).to_json())
}
