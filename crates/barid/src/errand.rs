//! A short visit to the broker for one command: connect within a bound or say that it is not there.

use std::time::Duration;

use barid_broker::{Config, Link, Metrics, Names, Publisher, Role};
use barid_telemetry::prometheus::Registry;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::config::{BrokerUrl, Settings};

/// How long connecting may take.
pub(crate) const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How often it is looked whether the connection is up.
const LOOK: Duration = Duration::from_millis(20);

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(100);

/// The broker did not answer.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to the broker within {CONNECT_WITHIN:?}: check broker.url ({url}) and the warnings above")]
pub(crate) struct Unavailable {
    url: BrokerUrl,
}

impl Unavailable {
    /// At this URL, which is shown without its password.
    pub(crate) fn at(url: &BrokerUrl) -> Self {
        Self { url: url.clone() }
    }
}

/// Gives connections that have just ended the time to say goodbye. Without it the broker logs a lost client.
pub(crate) async fn goodbye() {
    sleep(GOODBYE).await;
}

/// The connections of one command. They end with it.
pub(crate) struct Errand {
    config: Config,
    metrics: Metrics,
    url: BrokerUrl,
    shutdown: CancellationToken,
    _guard: DropGuard,
}

impl Errand {
    /// Nothing is connected yet. `command` is shown in RabbitMQ's list of connections.
    pub(crate) fn new(settings: &Settings, command: &str) -> anyhow::Result<Self> {
        let shutdown = CancellationToken::new();
        Ok(Self {
            config: settings.broker.connection(format!("barid {command}")),
            metrics: Metrics::new(&Registry::new())?,
            url: settings.broker.url.clone(),
            _guard: shutdown.clone().drop_guard(),
            shutdown,
        })
    }

    /// The names of exchanges and queues.
    pub(crate) fn names(&self) -> &Names {
        &self.config.names
    }

    /// A connection that does not publish.
    pub(crate) async fn link(&self) -> Result<Link, Unavailable> {
        let link = Link::spawn(self.config.clone(), Role::Consume, self.metrics.clone(), self.shutdown.clone());
        let up = async {
            while !link.is_up() {
                sleep(LOOK).await;
            }
        };
        timeout(CONNECT_WITHIN, up).await.map_err(|_| self.unavailable())?;
        Ok(link)
    }

    /// A connection that publishes.
    pub(crate) async fn publisher(&self) -> Result<Publisher, Unavailable> {
        let publisher = Publisher::spawn(&self.config, &self.metrics, self.shutdown.clone());
        match publisher.connected(CONNECT_WITHIN).await {
            Ok(()) => Ok(publisher),
            Err(_) => Err(self.unavailable()),
        }
    }

    /// Closes the connections.
    pub(crate) async fn end(self) {
        self.shutdown.cancel();
        goodbye().await;
    }

    fn unavailable(&self) -> Unavailable {
        Unavailable::at(&self.url)
    }
}
