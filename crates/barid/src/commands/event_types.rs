//! `barid event-types`: the catalogue of what can be published.

mod seed;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::wait::Wait;
use crate::api::{self, Api, Method, Path};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{manifest, output};

/// What the API calls them.
const COLLECTION: &str = "event-types";

/// The longest description in a table, in characters.
const DESCRIPTION: usize = 60;

/// List, show, register and delete event types, with their schemas.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List event types.
    List,
    /// Show one, with its schema and its example.
    Show {
        /// The type, such as `deal.won`.
        #[arg(value_name = "TYPE")]
        event_type: String,
    },
    /// Register one, or replace it.
    Put {
        /// A YAML or JSON file with one event type, or `-` for standard input.
        #[arg(short = 'f', long = "file", value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        wait: Wait,
    },
    /// Delete one. Events of this type go on being routed, unchecked.
    Delete {
        /// The type.
        #[arg(value_name = "TYPE")]
        event_type: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Register the CRM event types that come with Barid. Doing so again changes nothing.
    Seed {
        /// What happens to events that do not fit their schema; by default as each type is shipped.
        #[arg(long)]
        validation: Option<Validation>,
        /// Replace those that were changed since.
        #[arg(long)]
        force: bool,
    },
}

/// What happens to events that do not fit their schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Validation {
    /// Nothing: they are not checked.
    Off,
    /// They are counted, and routed all the same.
    Warn,
    /// They are refused, or become dead letters.
    Enforce,
}

impl Validation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let api = Api::open(&arguments.api, settings).await?;
    let exit = act(&api, arguments.action, output).await;
    api.close().await;
    exit
}

async fn act(api: &Api, action: Action, output: Output) -> anyhow::Result<Exit> {
    match action {
        Action::List => list(&api.list(&Path::v1(COLLECTION)).await?, output)?,
        Action::Show { event_type } => {
            let answer = api.call(Method::Get, &Path::v1(COLLECTION).join(&event_type), None).await?;
            output::document(output, &answer.body)?;
        }
        Action::Put { file, wait } => {
            let document = manifest::one(&file)?;
            let Some(event_type) = document["type"].as_str().map(str::to_owned) else {
                return Err(Usage(format!("{} names no `type`", file.display())).into());
            };
            let path = wait.on(Path::v1(COLLECTION).join(&event_type));
            let answer = api.call(Method::Put, &path, Some(&document)).await?;
            Wait::tell(&answer);
            tell(answer.outcome.as_deref().unwrap_or("put"), &event_type, &answer.body, output)?;
        }
        Action::Delete { event_type, wait } => {
            let path = wait.on(Path::v1(COLLECTION).join(&event_type));
            Wait::tell(&api.call(Method::Delete, &path, None).await?);
            tell("deleted", &event_type, &json!({ "type": event_type }), output)?;
        }
        Action::Seed { validation, force } => {
            return seed::run(api, validation.map(Validation::as_str), force, output).await;
        }
    }
    Ok(Exit::Done)
}

fn tell(done: &str, event_type: &str, body: &Value, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Table => Ok(output::line(&format!("{done} event type {}", output::printable(event_type)))?),
        Output::Json | Output::Yaml => output::data(output, body),
    }
}

fn list(items: &[Value], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, items);
    }
    if items.is_empty() {
        return Ok(output::line("no event type is registered: `barid event-types seed` registers those of a CRM")?);
    }
    let rows = items.iter().map(|item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let schema = if item["schema"].is_null() { "no" } else { "yes" };
        [text("type"), text("validation"), schema.to_owned(), shortened(&text("description"))]
    });
    output::table(["TYPE", "VALIDATION", "SCHEMA", "DESCRIPTION"], rows)?;
    Ok(output::line(&format!("\n{}", output::count(items.len(), "event type")))?)
}

/// The first line, cut.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(DESCRIPTION) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
