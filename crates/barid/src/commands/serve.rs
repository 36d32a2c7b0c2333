//! `barid serve`: the roles, until a signal.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::roles::Role;

/// Run Barid: route events, deliver them.
///
/// SIGTERM and SIGINT finish what is held and end with 0; a second one stops at once, and the broker hands out again what
/// was not settled. What is subscribed is in the store (`store.url`), or, for routers and dispatchers alone, in a file:
/// SIGHUP reads it again, and one that is not valid changes nothing but a metric and a log line. While broker or store are
/// away the process stays alive and works as far as it can.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// What this process does; by default everything, with a file of subscriptions everything but the gateway.
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    roles: Vec<Role>,

    /// Run from this file of subscriptions, without a store.
    #[arg(long, value_name = "FILE")]
    subscriptions: Option<PathBuf>,

    /// Where this process listens, instead of `gateway.listen`; without the gateway, instead of `telemetry.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Arguments {
    /// Those that stand for a setting.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let subscriptions = self.subscriptions.as_ref().map(|file| file.display().to_string());
        let listen = || self.listen.clone();
        [("subscriptions", subscriptions), ("gateway.listen", listen()), ("telemetry.listen", listen())]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }
}

/// Runs until a signal.
pub(crate) async fn run(arguments: Arguments, settings: Settings) -> anyhow::Result<Exit> {
    let roles = roles(arguments.roles, settings.subscriptions.is_some())?;
    crate::serve::serve(settings, roles).await
}

/// The roles that are meant, each once.
fn roles(mut roles: Vec<Role>, from_file: bool) -> Result<Vec<Role>, Usage> {
    if roles.is_empty() {
        roles = Role::value_variants().to_vec();
        roles.retain(|role| !(from_file && *role == Role::Gateway));
    }
    if from_file && roles.contains(&Role::Gateway) {
        let message = "the gateway needs a store, and a file of subscriptions is given: leave out --subscriptions (and the \
                       setting `subscriptions`), or run --roles router,dispatcher; `barid apply -f FILE` puts a file into \
                       the store";
        return Err(Usage(message.to_owned()));
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_everything_unless_told() {
        assert_eq!(roles(vec![], false).unwrap(), [Role::Gateway, Role::Router, Role::Dispatcher]);
        assert_eq!(roles(vec![Role::Dispatcher, Role::Router, Role::Dispatcher], false).unwrap().len(), 2);
    }

    #[test]
    fn a_file_of_subscriptions_and_a_gateway_do_not_go_together() {
        assert_eq!(roles(vec![], true).unwrap(), [Role::Router, Role::Dispatcher]);
        let refused = roles(vec![Role::Gateway, Role::Router], true).unwrap_err();
        assert!(refused.to_string().contains("barid apply"), "{refused}");
    }
}
