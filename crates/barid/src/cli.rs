//! What can be typed: the options that every command has, and the commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::api;
use crate::commands::{
    apply, bench, config, dead_letters, demo, docs, doctor, event_types, explain, keys, publish, recipes, serve,
    sources, subscriptions, tenants, topology,
};
use crate::exit::EXPLAINED;

/// Version and compiler.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (rustc ", env!("BARID_RUST"), ")");

/// Barid routes the events of a CRM, over RabbitMQ, to whoever subscribes to them by webhook.
#[derive(Clone, Debug, Parser)]
#[command(name = "barid", version = VERSION, after_help = EXPLAINED, max_term_width = 100)]
pub struct Cli {
    /// Read this configuration file; without it, `barid.toml` is read if it is there.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    pub(crate) config: Option<PathBuf>,

    /// Set one setting, stronger than file and environment: `--set broker.namespace=test`. Again for more.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = setting, help_heading = "Common options")]
    pub(crate) set: Vec<(String, String)>,

    /// Print results for people or for programs.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", help_heading = "Common options")]
    pub(crate) output: Output,

    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What was typed, with the name of the program first.
    ///
    /// # Errors
    /// When it cannot be understood, or help or version is asked for: the error says it, and how to exit.
    pub fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches_from(line)?;
        if let Some(option) = api::Options::beside_local(&matches) {
            let told = format!("{option} cannot be used with --local: no gateway is asked");
            return Err(Self::command().error(ErrorKind::ArgumentConflict, told));
        }
        Self::from_arg_matches(&matches)
    }
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables and sentences.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Run Barid: serve the API, route events, deliver them.
    Serve(serve::Arguments),
    /// Publish events as a CRM service would.
    Publish(Box<publish::Arguments>),
    /// Tell what would become of an event: who gets it, who does not, why, and what would be sent.
    Explain(explain::Arguments),
    /// Print, check, declare or delete Barid's exchanges and queues on the broker.
    Topology(topology::Arguments),
    /// Look at what could not be delivered or was no event; try again or discard it.
    DeadLetters(dead_letters::Arguments),
    /// Make the registry what files say.
    Apply(apply::Arguments),
    /// Show what `apply` would change.
    Diff(apply::DiffArguments),
    /// List, show, make, change, pause, test and delete subscriptions.
    Subscriptions(Box<subscriptions::Arguments>),
    /// List, show, make, test and delete sources: third parties' webhooks that become events.
    Sources(Box<sources::Arguments>),
    /// List, show, register, change and delete tenants.
    Tenants(tenants::Arguments),
    /// List, show, register and delete event types, with their schemas.
    EventTypes(event_types::Arguments),
    /// List and show recipes for well-known receivers, and make subscriptions of them.
    Recipes(Box<recipes::Arguments>),
    /// List, make and revoke API keys; make and rotate the master key.
    Keys(keys::Arguments),
    /// Check configuration, broker, store, keys, files and clock, and say what to do.
    Doctor(doctor::Arguments),
    /// Play the whole road on a real broker, to look at.
    Demo(demo::Arguments),
    /// Measure how fast the whole road is on this machine, and what it costs.
    Bench(bench::Arguments),
    /// Print a reference page from the code.
    #[command(hide = true)]
    Docs(docs::Arguments),
    /// Be the receiving end of a benchmark.
    #[command(hide = true)]
    BenchSink(bench::SinkArguments),
    /// Print the settings in force, and where each comes from. Passwords are masked.
    Config(config::Arguments),
}

pub(crate) fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE, such as broker.namespace=test".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Cli, ErrorKind> {
        Cli::read(line.split(' ').map(OsString::from)).map_err(|error| error.kind())
    }

    #[test]
    fn what_is_local_asks_no_gateway_that_is_named_beside_it() {
        for beside in ["--url http://a.example", "--key k", "--key-file f"] {
            for line in [format!("sources --local list {beside}"), format!("sources {beside} list --local")] {
                assert_eq!(read(&format!("barid {line}")).err(), Some(ErrorKind::ArgumentConflict), "{line}");
            }
        }
        assert!(
            read("barid sources list --local").is_ok() && read("barid sources list --url http://a.example").is_ok()
        );
        assert!(read("barid config").is_ok());
    }

    #[test]
    fn a_secret_is_typed_or_in_a_file() {
        for command in ["create --name a --preset github", "rotate-secret a"] {
            let given = |options: &str| read(&format!("barid sources {command}{options}"));
            assert!(given(" --secret s").is_ok() && given(" --secret-file -").is_ok(), "{command}");
            assert_eq!(given(" --secret s --secret-file f").err(), Some(ErrorKind::ArgumentConflict), "{command}");
        }
        assert_eq!(read("barid sources rotate-secret a").err(), Some(ErrorKind::MissingRequiredArgument));
    }

    #[test]
    fn a_file_of_subscriptions_is_neither_sent_nor_local() {
        let explain = |options: &str| read(&format!("barid explain e.json --subscriptions s.yaml{options}"));
        assert!(explain("").is_ok() && explain(" --url http://a.example --key k").is_ok());
        for options in [" --local", " --subscription a --send"] {
            assert_eq!(explain(options).err(), Some(ErrorKind::ArgumentConflict), "{options}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_has_a_help_text() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn a_setting_may_hold_further_equals_signs() {
        assert_eq!(setting("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert!(setting("a.b").is_err());
        assert!(setting("=c").is_err());
    }
}
