//! `barid recipes`: how well-known receivers want to be spoken to, and subscriptions made of that.

mod adopt;
mod show;
mod values;

use std::path::PathBuf;

use barid_registry::Recipe;
use clap::{Args, Subcommand};

use crate::api;
use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{manifest, output};

/// List and show recipes for well-known receivers, and make subscriptions of them.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,

    /// A folder with recipes of your own, instead of the setting `recipes.folder`.
    #[arg(long = "recipes", value_name = "FOLDER", global = true)]
    folder: Option<PathBuf>,

    #[command(flatten)]
    api: api::Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// List the recipes.
    List,
    /// Show one: its parameters, what is sent, limits and traps.
    Show {
        /// The recipe, such as `slack`.
        name: String,
    },
    /// Make a subscription of one: print it for `barid apply -f -`, or apply it.
    Use(adopt::Arguments),
}

impl Arguments {
    /// Shares `--set` with the settings: keys of settings have a dot, parameters of recipes have none.
    pub(crate) fn share(&mut self, command_line: &mut Vec<(String, String)>) {
        if let Action::Use(arguments) = &mut self.action {
            arguments.parameters.extend(command_line.extract_if(.., |(key, _)| !key.contains('.')));
        }
        let folder = self.folder.as_ref().map(|folder| folder.display().to_string());
        command_line.extend(folder.map(|folder| ("recipes.folder".to_owned(), folder)));
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let recipes = manifest::recipes(settings.recipes.folder.as_deref())?;
    match arguments.action {
        Action::List => show::list(&recipes, output)?,
        Action::Show { name } => show::one(named(&recipes, &name)?, output)?,
        Action::Use(adopted) => {
            adopt::run(named(&recipes, &adopted.recipe)?, &adopted, &arguments.api, settings, output).await?;
        }
    }
    Ok(Exit::Done)
}

fn named<'r>(recipes: &'r [Recipe], name: &str) -> Result<&'r Recipe, Usage> {
    let unknown = || Usage(format!("there is no recipe {}: see `barid recipes list`", output::printable(name)));
    recipes.iter().find(|recipe| recipe.name.as_str() == name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn set_gives_parameters_and_settings() {
        let line = "barid recipes use slack --name a --set webhook_url=https://e.com/?a=b --set broker.namespace=x --recipes /r";
        let Cli { set: mut settings, command, .. } = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Recipes(mut arguments) = command else { panic!("{command:?}") };
        arguments.share(&mut settings);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(settings, [pair("broker.namespace", "x"), pair("recipes.folder", "/r")]);
        let Action::Use(adopted) = arguments.action else { panic!("another action") };
        assert_eq!(adopted.parameters, [pair("webhook_url", "https://e.com/?a=b")]);
    }
}
