//! `barid subscriptions`: looking at subscriptions, making and changing them, one at a time.

mod check;
mod draft;
mod show;
mod test;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::api::{self, Api, Method, Path};
use crate::apply::wanted::Kind;
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output;

use super::named::{Named, Reference};
use super::wait::Wait;
use draft::Draft;

/// How one is found.
pub(super) const NAMED: Named =
    Named { collection: "subscriptions", what: "subscription", prefix: "sub_", kind: Kind::Subscription };

/// List, show, make, change, pause, test and delete subscriptions.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List subscriptions.
    List {
        /// Only those of this tenant.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Show one, its secrets masked.
    Show(Reference),
    /// Make one: from a file, or from options. Its signing secret is shown once.
    Create {
        #[command(flatten)]
        draft: Draft,
        #[command(flatten)]
        wait: Wait,
    },
    /// Change some settings of one: `barid subscriptions update big-deals destination.timeout=30s`.
    Update {
        #[command(flatten)]
        reference: Reference,
        /// A setting and its new value, as JSON or plain text; nothing after `=` removes it.
        #[arg(required = true, value_name = "KEY=VALUE")]
        changes: Vec<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Delete one. Deliveries of it that are under way are cancelled.
    Delete {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        wait: Wait,
    },
    /// Stop sending; what comes meanwhile is kept for 30 days, in order.
    Pause {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        wait: Wait,
    },
    /// Send again, first what was kept.
    Resume {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        wait: Wait,
    },
    /// Make a new signing secret and show it once. Both sign until the old one ends; with the schemes github and hmac, which
    /// carry one signature, the new one signs at once.
    RotateSecret {
        #[command(flatten)]
        reference: Reference,
        /// How long the old secret goes on signing, such as 24h.
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
        /// Which scheme gets a new secret, if the subscription has several.
        #[arg(long)]
        scheme: Option<String>,
        /// The header of the scheme, if two have the same name.
        #[arg(long)]
        header: Option<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Send a sample event through the real road to this one subscription, and tell the outcome.
    Test {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        sample: test::Sample,
    },
    /// Ask the receiver of one again for its consent (destination.verification).
    Verify {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        wait: Wait,
    },
    /// Show the signing secrets and the whole URL of one.
    Secrets(Reference),
    /// Judge a file of subscriptions without registering anything (exit code 78 if it is not valid).
    Check {
        /// The file; by default that of the setting `subscriptions`.
        file: Option<PathBuf>,
    },
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    if let Action::Check { file } = &arguments.action {
        return check::run(file.as_deref(), settings, output);
    }
    let api = Api::open(&arguments.api, settings).await?;
    let exit = act(&api, arguments.action, output).await;
    api.close().await;
    exit
}

async fn act(api: &Api, action: Action, output: Output) -> anyhow::Result<Exit> {
    match action {
        // It needs no API, and was done before there was one.
        Action::Check { .. } => {}
        Action::List { tenant } => {
            let items = api.list(&Path::v1(NAMED.collection).with_some("tenant", tenant)).await?;
            show::list(&items, output)?;
        }
        Action::Show(reference) => {
            let answer = api.call(Method::Get, &NAMED.path(api, &reference).await?, None).await?;
            output::document(output, &answer.body)?;
        }
        Action::Create { draft, wait } => {
            let answer = api.call(Method::Post, &wait.on(Path::v1(NAMED.collection)), Some(&draft.document()?)).await?;
            Wait::tell(&answer);
            show::with_secret("created", &answer.body, output)?;
        }
        Action::Update { reference, changes, wait } => {
            let patch = draft::patch(&changes)?;
            let answer = api.call(Method::Patch, &wait.on(NAMED.path(api, &reference).await?), Some(&patch)).await?;
            Wait::tell(&answer);
            let outcome = answer.outcome.as_deref().unwrap_or("changed");
            show::outcome(outcome, &answer.body, output)?;
        }
        Action::Delete { reference, wait } => {
            let path = NAMED.path(api, &reference).await?;
            let before = api.call(Method::Get, &path, None).await?;
            Wait::tell(&api.call(Method::Delete, &wait.on(path), None).await?);
            show::outcome("deleted", &before.body, output)?;
        }
        Action::Pause { reference, wait } => post(api, &reference, "pause", "paused", wait, output).await?,
        Action::Resume { reference, wait } => post(api, &reference, "resume", "resumed", wait, output).await?,
        Action::Verify { reference, wait } => post(api, &reference, "verify", "verified", wait, output).await?,
        Action::RotateSecret { reference, overlap, scheme, header, wait } => {
            let options = [("overlap", overlap), ("scheme", scheme), ("header", header)];
            let given = options.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
            let body = Value::Object(given.collect());
            let path = NAMED.path(api, &reference).await?.join("rotate-secret");
            let answer = api.call(Method::Post, &wait.on(path), Some(&body)).await?;
            Wait::tell(&answer);
            show::with_secret("rotated", &answer.body, output)?;
        }
        Action::Test { reference, sample } => {
            let path = NAMED.path(api, &reference).await?.join("test");
            let answer = api.call(Method::Post, &path, Some(&sample.body()?)).await.context("the test was not made")?;
            return test::show(&answer.body, output);
        }
        Action::Secrets(reference) => {
            let answer = api.call(Method::Get, &NAMED.path(api, &reference).await?.join("secrets"), None).await?;
            output::document(output, &answer.body)?;
        }
    }
    Ok(Exit::Done)
}

async fn post(
    api: &Api,
    reference: &Reference,
    verb: &str,
    done: &str,
    wait: Wait,
    output: Output,
) -> anyhow::Result<()> {
    let path = NAMED.path(api, reference).await?.join(verb);
    let answer = api.call(Method::Post, &wait.on(path), None::<&Value>).await?;
    Wait::tell(&answer);
    show::outcome(done, &answer.body, output)
}
