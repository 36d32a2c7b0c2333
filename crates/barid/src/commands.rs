//! The commands, one module each: what can be typed, and what is done about it.

pub(crate) mod apply;
pub(crate) mod bench;
pub(crate) mod config;
pub(crate) mod dead_letters;
pub(crate) mod demo;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod event_types;
pub(crate) mod explain;
pub(crate) mod keys;
mod named;
pub(crate) mod publish;
pub(crate) mod recipes;
pub(crate) mod serve;
pub(crate) mod sources;
pub(crate) mod subscriptions;
pub(crate) mod tenants;
pub(crate) mod topology;
mod wait;

use std::env;
use std::io::{self, IsTerminal};

use crate::cli::{Cli, Command};
use crate::config::{Loaded, Sources};
use crate::exit::Exit;

/// What is logged by commands that end by themselves, unless the configuration says otherwise: only trouble, since their
/// results are on the same terminal. What the AMQP client says of errors is said by us as well.
const QUIET: &str = "warn,lapin=off";

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let Cli { config: file, set: mut command_line, output, mut command } = cli;
    if let Command::Config(arguments) = &command
        && arguments.default
    {
        return config::print_default();
    }
    if let Command::Serve(arguments) = &command {
        command_line.extend(arguments.settings());
    }
    if let Command::Recipes(arguments) = &mut command {
        arguments.share(&mut command_line);
    }
    // A name or a value that is no text can be none of ours.
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let loaded = Sources { file, environment, command_line }.load()?;
    init_logs(&loaded, matches!(command, Command::Serve(_)))?;
    let settings = &loaded.settings;
    match command {
        Command::Serve(arguments) => serve::run(arguments, loaded.settings).await,
        Command::Publish(arguments) => publish::run(*arguments, settings, output).await,
        Command::Explain(arguments) => explain::run(arguments, settings, output).await,
        Command::Topology(arguments) => topology::run(&arguments, settings, output).await,
        Command::DeadLetters(arguments) => dead_letters::run(arguments, settings, output).await,
        Command::Apply(arguments) => apply::run(arguments, settings, output).await,
        Command::Diff(arguments) => apply::diff(arguments, settings, output).await,
        Command::Subscriptions(arguments) => subscriptions::run(*arguments, settings, output).await,
        Command::Sources(arguments) => sources::run(*arguments, settings, output).await,
        Command::Tenants(arguments) => tenants::run(arguments, settings, output).await,
        Command::EventTypes(arguments) => event_types::run(arguments, settings, output).await,
        Command::Recipes(arguments) => recipes::run(*arguments, settings, output).await,
        Command::Keys(arguments) => keys::run(arguments, settings, output).await,
        Command::Doctor(arguments) => doctor::run(&arguments, settings, output).await,
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments, settings).await,
        Command::Bench(arguments) => bench::run(&arguments, settings, output).await,
        Command::BenchSink(arguments) => bench::sink(&arguments).await,
        Command::Config(_) => config::run(&loaded, output),
    }
}

fn init_logs(loaded: &Loaded, serves: bool) -> anyhow::Result<()> {
    let telemetry = &loaded.settings.telemetry;
    let is_terminal = io::stderr().is_terminal();
    let is_default = loaded.origins.given_by("telemetry.log_filter").is_none();
    let (format, filter) = if serves {
        (telemetry.log_format.choose(is_terminal), telemetry.log_filter.as_str())
    } else {
        // People read the errors of a command even where they are collected in a file.
        let filter = if is_default { QUIET } else { &telemetry.log_filter };
        (telemetry.log_format.choose(true), filter)
    };
    Ok(barid_telemetry::init_logs(format, filter)?)
}
