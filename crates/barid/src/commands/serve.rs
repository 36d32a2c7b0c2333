//! `barid serve`: the roles, until a signal.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::Settings;
use crate::exit::Exit;
use crate::roles::Role;

/// Run Barid: route events, deliver them.
///
/// SIGTERM and SIGINT finish what is held and end with 0; a second one stops at once, and the broker hands out again what
/// was not settled. SIGHUP reads the subscriptions again; a file that is not valid changes nothing but a metric and a log
/// line. While the broker is away the process stays alive and is not ready.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// What this process does; by default everything.
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<Role>,

    /// The file of subscriptions, instead of the setting of this name.
    #[arg(long, value_name = "FILE")]
    subscriptions: Option<PathBuf>,

    /// Where /metrics, /livez and /readyz are served, instead of `telemetry.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Arguments {
    /// Those that stand for a setting.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let subscriptions = self.subscriptions.as_ref().map(|file| file.display().to_string());
        [("subscriptions", subscriptions), ("telemetry.listen", self.listen.clone())]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }
}

/// Runs until a signal.
pub(crate) async fn run(arguments: Arguments, settings: Settings) -> anyhow::Result<Exit> {
    let mut roles = arguments.roles;
    if roles.is_empty() {
        roles = Role::value_variants().to_vec();
    }
    roles.sort_unstable();
    roles.dedup();
    crate::serve::serve(settings, roles).await
}
