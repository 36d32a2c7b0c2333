//! `barid config`: the settings in force.

use clap::Args;

use crate::cli::Output;
use crate::config::{DEFAULT, Loaded, to_toml};
use crate::exit::Exit;
use crate::output;

/// Print the settings in force, and where each comes from. Passwords are masked.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// Print the reference of all settings instead, with their defaults: a `barid.toml` to start from.
    #[arg(long)]
    pub(crate) default: bool,
}

/// Prints the settings.
pub(crate) fn run(loaded: &Loaded, output: Output) -> anyhow::Result<Exit> {
    match output {
        Output::Table => output::line(to_toml(loaded)?.trim_end())?,
        Output::Json | Output::Yaml => output::data(output, &loaded.settings)?,
    }
    Ok(Exit::Done)
}

/// Prints the reference.
pub(crate) fn print_default() -> anyhow::Result<Exit> {
    output::line(DEFAULT.trim_end())?;
    Ok(Exit::Done)
}
