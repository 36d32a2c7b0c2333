//! `barid docs`: reference pages, printed from the code so that they cannot lie.

mod command_line;
mod configuration;
mod metrics;

use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::output;

/// Which page.
#[derive(Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// The page to print.
    page: Page,
}

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Page {
    /// Every metric, as Markdown.
    Metrics,
    /// Every setting, as Markdown.
    Configuration,
    /// Every command and option, as Markdown.
    Cli,
    /// The HTTP API, as an OpenAPI document.
    Openapi,
}

/// Prints the page.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let page = match arguments.page {
        Page::Metrics => metrics::page()?,
        Page::Configuration => configuration::page()?,
        Page::Cli => command_line::page()?,
        Page::Openapi => serde_json::to_string_pretty(&barid_gateway::openapi())?,
    };
    output::line(page.trim_end())?;
    Ok(Exit::Done)
}
