//! One test's world: names of its own on a real broker, processes, subscriptions, and a proof at the end.

mod dead_letters;
mod ending;
mod launch;
mod ledger;
mod registry;

use std::path::PathBuf;

use anyhow::{Context, Result};
use barid_broker::outgoing::Outgoing;
use barid_broker::topology::{Options, Topology};
use barid_broker::{Config, Link, Metrics, Names, Publisher, Role};
use barid_event::Event;
use barid_telemetry::prometheus::Registry;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::launch::Launch;
use crate::subscriptions;
use crate::{Process, Wants, Witness, shared_broker};

/// The file of subscriptions that processes read unless told otherwise.
const SUBSCRIPTIONS: &str = "subscriptions.yaml";

/// A namespace, an events exchange, a directory, and the processes in them.
///
/// A test ends with [`World::finish`]. A world dropped before shows the logs of its processes, which the test runner
/// prints only when the test has failed. Nothing of it stays on the broker either way.
pub struct World {
    /// The names on the broker.
    pub names: Names,
    /// Publishes for the test, on a connection of its own.
    pub publisher: Publisher,
    /// Another client, which shares no code with ours.
    pub witness: Witness,
    broker: Config,
    /// The URL that processes are given; through a proxy, if the test wants one.
    process_url: String,
    link: Link,
    directory: TempDir,
    processes: Vec<Process>,
    /// The store that processes share, unless they read a file.
    registry: Option<registry::Registry>,
    shutdown: CancellationToken,
    finished: bool,
}

impl World {
    /// A world on the shared broker. `name` is 1 to 40 characters of `a-z`, `0-9` and `-`.
    ///
    /// # Errors
    /// When there is no broker.
    pub async fn new(name: &str) -> Result<Self> {
        Self::on(&shared_broker().await?, name).await
    }

    /// A world on this broker.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn on(url: &str, name: &str) -> Result<Self> {
        let random = Uuid::new_v4().simple().to_string();
        let namespace = format!("t-{name}-{}", &random[..8]);
        let names = Names::new(namespace.parse()?, format!("{namespace}.events"));
        let mut broker = Config::new(url.to_owned().into(), names.clone());
        broker.connection_name = format!("test {name}");
        let shutdown = CancellationToken::new();
        let metrics = Metrics::new(&Registry::new())?;
        let publisher = Publisher::spawn(&broker, &metrics, shutdown.clone());
        let mut link = Link::spawn(broker.clone(), Role::Consume, metrics, shutdown.clone());
        publisher.connected(broker.timeout).await?;
        Topology::new(&names, &Options::default()).apply(&mut link).await?;
        let world = Self {
            names,
            publisher,
            witness: Witness::start(url).await?,
            broker,
            process_url: url.to_owned(),
            link,
            directory: tempfile::tempdir()?,
            processes: Vec::new(),
            registry: None,
            shutdown,
            finished: false,
        };
        world.subscribe(&[])?;
        Ok(world)
    }

    /// Gives processes started from now on this URL of the broker, such as a proxy's.
    pub fn reach_broker_by(&mut self, url: &str) {
        url.clone_into(&mut self.process_url);
    }

    /// Writes the file of subscriptions that processes read unless told otherwise. Those that run read it on SIGHUP.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn subscribe(&self, subscriptions: &[Wants]) -> Result<()> {
        self.write(SUBSCRIPTIONS, subscriptions).map(drop)
    }

    /// Writes another file of subscriptions, and returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, subscriptions: &[Wants]) -> Result<PathBuf> {
        let path = self.path(name);
        subscriptions::write(&path, subscriptions)?;
        Ok(path)
    }

    /// The path of a file in the world's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The path of the file that processes read unless told otherwise.
    pub fn subscriptions(&self) -> PathBuf {
        self.path(SUBSCRIPTIONS)
    }

    /// Starts a process with these roles and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(&mut self, roles: &[&str]) -> Result<Process> {
        self.launch(roles).start().await
    }

    /// A process to start, with more to say about it.
    pub fn launch(&mut self, roles: &[&str]) -> Launch<'_> {
        Launch::new(self, roles)
    }

    /// Publishes an event as a CRM service would, and waits for the broker's confirm. Returns its message id.
    ///
    /// # Errors
    /// When the broker does not take it.
    pub async fn publish(&self, event: &Event) -> Result<String> {
        let outgoing = Outgoing::event(&self.names, event);
        self.publisher.publish(outgoing).await.with_context(|| format!("event {}", event.envelope.id.as_str()))?;
        Ok(event.envelope.message_id().to_string())
    }
}
