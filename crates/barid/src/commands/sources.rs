//! `barid sources`: third parties' webhooks: looking at them, making them, giving them new secrets and trying them.

mod secret;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::named::{Named, Reference};
use super::wait::Wait;
use crate::api::{self, Api, Method, Path};
use crate::apply::wanted::Kind;
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::Exit;
use crate::{manifest, output};

/// How one is found.
pub(super) const NAMED: Named = Named { collection: "sources", what: "source", prefix: "src_", kind: Kind::Source };

/// List, show, make, test and delete sources: third parties' webhooks that become events.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List sources.
    List {
        /// Only those of this tenant.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Show one, its secrets masked.
    Show(Reference),
    /// Make one: from a file, or from options. Its URL is shown once.
    Create {
        #[command(flatten)]
        draft: Draft,
        #[command(flatten)]
        wait: Wait,
    },
    /// Delete one. Its URL is unknown from then on.
    Delete {
        #[command(flatten)]
        reference: Reference,
        #[command(flatten)]
        wait: Wait,
    },
    /// Take a new URL and show it once. Both count until the old one ends.
    RotateToken {
        #[command(flatten)]
        reference: Reference,
        /// How long the old URL goes on counting, such as 24h.
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Verify with a new secret. The old ones count until the overlap ends.
    RotateSecret {
        #[command(flatten)]
        reference: Reference,
        /// The new secret, as the provider's page shows it. Rather use a file: others on this machine see command lines.
        #[arg(long, required_unless_present = "secret_file", conflicts_with = "secret_file")]
        secret: Option<String>,
        /// A file that holds the new secret, or `-` for standard input.
        #[arg(long, value_name = "PATH")]
        secret_file: Option<PathBuf>,
        /// How long the old secrets go on counting, such as 24h.
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
        #[command(flatten)]
        wait: Wait,
    },
    /// List the providers that sources may name.
    Presets,
    /// Sign a sample as the provider would, and tell which events it makes. Nothing is published.
    Test(Reference),
}

/// A source to be.
#[derive(Clone, Debug, Args)]
struct Draft {
    /// What to call it: unique within its tenant.
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    name: Option<String>,

    /// The provider: `barid sources presets` lists them.
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    preset: Option<String>,

    /// What the provider signs with, as its page shows it. Rather use a file: others on this machine see command lines.
    #[arg(long, conflicts_with_all = ["file", "secret_file"])]
    secret: Option<String>,

    /// A file that holds what the provider signs with, or `-` for standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "file")]
    secret_file: Option<PathBuf>,

    /// What the provider sends along when it asks for a challenge back.
    #[arg(long, conflicts_with = "file")]
    verify_token: Option<String>,

    /// Whose events it makes.
    #[arg(long, conflicts_with = "file")]
    tenant: Option<String>,

    /// A YAML or JSON file with one source, or `-` for standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Draft {
    fn document(self) -> anyhow::Result<Value> {
        let Self { name, preset, secret, secret_file, verify_token, tenant, file } = self;
        if let Some(file) = file {
            return manifest::one(&file);
        }
        let secret = secret::given(secret, secret_file.as_deref())?;
        let given = [
            ("name", name),
            ("preset", preset),
            ("secret", secret),
            ("verify_token", verify_token),
            ("tenant", tenant),
        ];
        let members = given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
        Ok(Value::Object(members.collect::<Map<_, _>>()))
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    if let Action::Presets = arguments.action {
        return show::presets(output);
    }
    let api = Api::open(&arguments.api, settings).await?;
    let exit = act(&api, arguments.action, output).await;
    api.close().await;
    exit
}

async fn act(api: &Api, action: Action, output: Output) -> anyhow::Result<Exit> {
    match action {
        // They are in the binary, and were shown before there was an API.
        Action::Presets => {}
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
            show::with_url("created", &answer.body, output)?;
        }
        Action::Delete { reference, wait } => {
            let path = NAMED.path(api, &reference).await?;
            let before = api.call(Method::Get, &path, None).await?;
            Wait::tell(&api.call(Method::Delete, &wait.on(path), None).await?);
            show::outcome("deleted", &before.body, output)?;
        }
        Action::RotateToken { reference, overlap, wait } => {
            let body = overlap.map_or_else(|| json!({}), |overlap| json!({ "overlap": overlap }));
            let path = NAMED.path(api, &reference).await?.join("rotate-token");
            let answer = api.call(Method::Post, &wait.on(path), Some(&body)).await?;
            Wait::tell(&answer);
            show::with_url("took a new url for", &answer.body, output)?;
        }
        Action::RotateSecret { reference, secret, secret_file, overlap, wait } => {
            let mut body = json!({ "secret": secret::given(secret, secret_file.as_deref())? });
            if let Some(overlap) = overlap {
                body["overlap"] = overlap.into();
            }
            let path = NAMED.path(api, &reference).await?.join("rotate-secret");
            let answer = api.call(Method::Post, &wait.on(path), Some(&body)).await?;
            Wait::tell(&answer);
            show::outcome("took a new secret for", &answer.body, output)?;
        }
        Action::Test(reference) => {
            let path = NAMED.path(api, &reference).await?.join("test");
            let answer = api.call(Method::Post, &path, None).await?;
            return show::test(&answer.body, output);
        }
    }
    Ok(Exit::Done)
}
