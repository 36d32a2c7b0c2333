//! How to reach the broker, and what Barid has there.

use std::path::PathBuf;

use barid_broker::{Names, Namespace};
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::{checked, optional_path};
use super::url::BrokerUrl;

/// The section `broker`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broker {
    /// Where the broker is.
    pub(crate) url: BrokerUrl,
    /// A file that holds the URL.
    #[serde(with = "optional_path")]
    pub(crate) url_file: Option<PathBuf>,
    /// The prefix of every name of ours.
    #[serde(with = "checked")]
    pub(crate) namespace: Namespace,
    /// The exchange CRM services publish to.
    pub(crate) events_exchange: String,
    /// What happens at start.
    #[serde(rename = "topology")]
    pub(crate) at_start: AtStart,
    /// The number of work lanes.
    pub(crate) work_lanes: u16,
}

/// What a process does about the topology when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AtStart {
    /// Declare it.
    Apply,
    /// Look whether it is there.
    Check,
}

impl Broker {
    /// The names of exchanges and queues.
    pub(crate) fn names(&self) -> Names {
        Names::new(self.namespace.clone(), self.events_exchange.clone())
    }

    /// What the broker crate has to know. `connection_name` is what RabbitMQ lists the connections under.
    pub(crate) fn connection(&self, connection_name: String) -> barid_broker::Config {
        barid_broker::Config { connection_name, ..barid_broker::Config::new(self.url.secret().clone(), self.names()) }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if self.events_exchange.is_empty() {
            problems.add("broker.events_exchange", "is empty: name an exchange".to_owned());
        }
        problems.within("broker.work_lanes", self.work_lanes, 1..=64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;

    #[test]
    fn the_names_follow_namespace_and_exchange() {
        let broker = settings("broker.namespace = 'eu'\nbroker.events_exchange = 'x'").broker;
        assert_eq!(broker.names().inbox(), "eu.inbox");
        assert_eq!(broker.names().events(), "x");
    }
}
