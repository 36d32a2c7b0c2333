//! Everything a role needs of the broker, opened once per process.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consumer::{Consumer, Spec};
use crate::control::Control;
use crate::depths::Depths;
use crate::incoming::Incoming;
use crate::ledger::Writer;
use crate::link::{Link, Role};
use crate::metrics::Metrics;
use crate::names::{Lane, Names};
use crate::publisher::Publisher;

/// Two supervised connections, the publisher on one of them, and what consumes on the other. Cheap to clone.
#[derive(Clone)]
pub struct Road {
    /// The names of exchanges and queues.
    pub names: Names,
    /// Publishes, on a connection of its own.
    pub publisher: Publisher,
    /// The connection to consume on. It never publishes, so that an alarm does not hold up acknowledgements.
    pub link: Link,
    /// Notices between processes.
    pub control: Control,
    config: Config,
    metrics: Metrics,
    ledger: Arc<OnceLock<Writer>>,
    shutdown: CancellationToken,
}

impl Road {
    /// Starts to connect; returns at once. Everything ends with `shutdown`.
    pub fn open(config: Config, metrics: Metrics, shutdown: CancellationToken) -> Self {
        let publisher = Publisher::spawn(&config, &metrics, shutdown.clone());
        let link = Link::spawn(config.clone(), Role::Consume, metrics.clone(), shutdown.clone());
        let names = config.names.clone();
        let control = Control::spawn(link.clone(), publisher.clone(), names.clone(), shutdown.clone());
        Self { names, publisher, link, control, config, metrics, ledger: Arc::default(), shutdown }
    }

    /// Where this process records what it does; nothing if it does not. Its channels are opened with the first call, for a
    /// process that has nothing to record.
    pub fn ledger(&self) -> Option<Writer> {
        let open = || Writer::spawn(&self.publisher, self.names.clone(), &self.metrics, self.shutdown.clone());
        self.config.ledger.then(|| self.ledger.get_or_init(open).clone())
    }

    /// What this process counts about its broker, for roles to add to.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Asks how many messages wait in these queues, on the connection that consumes.
    pub fn depths(&self, queues: Vec<String>) -> Depths {
        Depths::new(self.link.clone(), queues)
    }

    /// Consumes a queue for ever. Messages carry the number `from`, and go to `out`.
    pub fn consume(
        &self,
        from: usize,
        queue: String,
        prefetch: u16,
        out: tokio::sync::mpsc::Sender<Incoming>,
    ) -> Consumer {
        self.spawn(Spec { from, queue, prefetch, stall_after: self.config.stall_after, single_active: false }, out)
    }

    /// Consumes a subscription's own lane: this process may have to wait until another lets go of it.
    pub fn consume_own_lane(
        &self,
        from: usize,
        subscription: &str,
        prefetch: u16,
        out: tokio::sync::mpsc::Sender<Incoming>,
    ) -> Consumer {
        let queue = self.names.lane_queue(&Lane::own(subscription));
        self.spawn(Spec { from, queue, prefetch, stall_after: self.config.stall_after, single_active: true }, out)
    }

    fn spawn(&self, spec: Spec, out: tokio::sync::mpsc::Sender<Incoming>) -> Consumer {
        Consumer::spawn(self.link.clone(), spec, out, self.metrics.clone(), self.shutdown.clone())
    }
}
