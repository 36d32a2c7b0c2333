//! `barid recipes use`: a subscription made of a recipe.

use anyhow::bail;
use barid_event::Tenant;
use barid_registry::{Name, Recipe, SubscriptionId};
use clap::Args;
use serde_json::{Value, json};

use super::super::wait::Wait;
use super::values;
use crate::api::{self, Api, Method, Path};
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::Usage;
use crate::{manifest, output};

/// Make a subscription of a recipe: print it for `barid apply -f -`, or apply it.
///
/// `--set PARAMETER=VALUE` gives a parameter its value; see `barid recipes show` for what there is. Others on this machine
/// see command lines: give secrets with `--set-file`, or leave them out to be asked for them on the terminal.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The recipe, such as `slack`.
    #[arg(value_name = "RECIPE")]
    pub(super) recipe: String,

    /// What to call the subscription: unique within its tenant.
    #[arg(long)]
    name: Name,

    /// Which types of event it gets, such as `deal.*`, instead of those the recipe is made for. Again, or with commas, for
    /// more.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    events: Vec<String>,

    /// Whose events it gets.
    #[arg(long, default_value = "default")]
    tenant: Tenant,

    /// A parameter whose value is in a file. Again for more.
    #[arg(long = "set-file", value_name = "PARAMETER=FILE", value_parser = crate::cli::setting)]
    files: Vec<(String, String)>,

    /// Apply it instead of printing it.
    #[arg(long)]
    apply: bool,

    #[command(flatten)]
    wait: Wait,

    /// Values of parameters, which come with the common option `--set`.
    #[arg(skip)]
    pub(super) parameters: Vec<(String, String)>,
}

/// Prints or applies it.
pub(super) async fn run(
    recipe: &Recipe,
    arguments: &Arguments,
    options: &api::Options,
    settings: &Settings,
    output: Output,
) -> anyhow::Result<()> {
    let values = values::gather(recipe, &arguments.parameters, &arguments.files)?;
    let mut document = match recipe.expand(&values) {
        Ok(document) => document,
        Err(problems) => bail!(Usage(format!(
            "nothing was done\n{problems}\ngive parameters with --set PARAMETER=VALUE or --set-file PARAMETER=FILE"
        ))),
    };
    let events = if arguments.events.is_empty() { &recipe.events } else { &arguments.events };
    document["name"] = arguments.name.as_str().into();
    document["tenant"] = arguments.tenant.as_str().into();
    document["events"] = json!(events);
    manifest::judge(&document, recipe.name.as_str())?;
    if arguments.apply {
        let api = Api::open(options, settings).await?;
        let done = apply(&api, arguments, &document, output).await;
        api.close().await;
        return done;
    }
    output::document(output, &json!({ "subscriptions": [document] }))
}

async fn apply(api: &Api, arguments: &Arguments, document: &Value, output: Output) -> anyhow::Result<()> {
    let id = SubscriptionId::derive(&arguments.tenant, &arguments.name);
    let path = arguments.wait.on(Path::v1("subscriptions").join(id.as_str()));
    let answer = api.call(Method::Put, &path, Some(document)).await?;
    Wait::tell(&answer);
    match output {
        Output::Table => {
            let outcome = answer.outcome.as_deref().unwrap_or("put");
            Ok(output::line(&format!("{outcome} subscription {}/{}", arguments.tenant, arguments.name))?)
        }
        Output::Json | Output::Yaml => output::data(output, &answer.body),
    }
}
