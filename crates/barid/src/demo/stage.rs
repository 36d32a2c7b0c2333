//! What a demo is played on: a namespace of its own, the roles, the subscribers.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use barid_broker::dead_letter::DeadLetter;
use barid_broker::morgue::{Decision, Morgue};
use barid_broker::outgoing::Outgoing;
use barid_broker::topology::{Options, Topology};
use barid_broker::{Config, Link, Metrics, Names, Road, Role};
use barid_dispatcher::Dispatcher;
use barid_event::{Event, Pattern};
use barid_registry::{Settings, Snapshot, file};
use barid_router::Router;
use barid_telemetry::Health;
use barid_telemetry::prometheus::Registry;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::receiver::{Manner, Receiver};

/// Work lanes: a demo needs few.
const WORK_LANES: u16 = 2;

/// The most dead letters shown.
const LETTERS: usize = 100;

/// The demo's world.
pub(super) struct Stage {
    road: Road,
    link: Link,
    topology: Topology,
    receivers: Vec<Receiver>,
    patterns: Vec<(usize, Vec<Pattern>)>,
    /// By subscriber: deliveries that must come or die.
    expected: Vec<usize>,
    dead: usize,
    published: usize,
    roles: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    shutdown: CancellationToken,
    interrupted: Arc<AtomicBool>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Stage {
    pub(super) async fn set(url: SecretString) -> Result<Self> {
        let namespace = format!("demo-{:08x}", fastrand::u32(..));
        let names = Names::new(namespace.parse()?, format!("{namespace}.events"));
        let config = Config { connection_name: "barid demo".to_owned(), ..Config::new(url, names.clone()) };
        let registry = Registry::new();
        let metrics = Metrics::new(&registry)?;
        let (stop, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let mut link = Link::spawn(config.clone(), Role::Consume, metrics.clone(), shutdown.clone());
        let topology = Topology::new(&names, &Options { work_lanes: WORK_LANES, ..Options::default() });
        tokio::time::timeout(Duration::from_secs(30), topology.apply(&mut link))
            .await
            .map_err(|_| anyhow!("the broker does not answer; is it up? try `make broker-up`"))?
            .context("declaring the topology")?;
        // The provisioning connection has shown its use; the road counts on its own.
        let registry = Registry::new();
        let road = Road::open(config, Metrics::new(&registry)?, shutdown.clone());

        let receivers = vec![
            Receiver::start("help desk", &["ticket.#", "contact.*"], Manner::Healthy, shutdown.clone()).await?,
            Receiver::start("analytics", &["#"], Manner::FailsTwice, shutdown.clone()).await?,
            Receiver::start("old ERP", &["order.refunded"], Manner::AlwaysFails, shutdown.clone()).await?,
        ];
        let subscriptions = file::parse(&subscriptions(&receivers)?, true).map_err(|problems| anyhow!("{problems}"))?;
        let subscriptions = subscriptions.iter().map(Settings::compile).collect();
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(Snapshot::compile(subscriptions, None)?));

        let health = Health::new();
        let egress = barid_egress::Config {
            guard: barid_egress::Guard { allow_http: true, allow_private_networks: true },
            ..barid_egress::Config::default()
        };
        let router = Router::new(
            barid_router::Config { work_lanes: WORK_LANES, ..barid_router::Config::default() },
            road.clone(),
            snapshots.clone(),
            &health,
            barid_router::Metrics::new(&registry)?,
        );
        let dispatcher = Dispatcher::new(
            barid_dispatcher::Config { work_lanes: WORK_LANES, egress, ..barid_dispatcher::Config::default() },
            road.clone(),
            snapshots,
            &health,
            barid_dispatcher::Metrics::new(&registry)?,
            // The subscriptions of a demo do not change.
            Arc::default(),
        )?;
        let roles = vec![tokio::spawn(router.run(stop.clone())), tokio::spawn(dispatcher.run(stop.clone()))];
        Ok(Self {
            patterns: patterns(&receivers)?,
            expected: vec![0; receivers.len()],
            interrupted: watch_interrupt(),
            snapshots: snapshots_tx,
            road,
            link,
            topology,
            receivers,
            dead: 0,
            published: 0,
            roles,
            stop,
            shutdown,
        })
    }

    /// The subscribers, with how many deliveries each is to get or lose.
    pub(super) fn receivers(&self) -> Vec<(Receiver, usize)> {
        self.receivers.iter().cloned().zip(self.expected.iter().copied()).collect()
    }

    pub(super) fn published(&self) -> usize {
        self.published
    }

    pub(super) async fn publish(&mut self, event: Event) -> Result<()> {
        for (receiver, patterns) in &self.patterns {
            if patterns.iter().any(|pattern| pattern.matches(&event.envelope.event_type)) {
                self.expected[*receiver] += 1;
            }
        }
        self.road.publisher.publish(Outgoing::event(&self.road.names, &event)).await?;
        self.published += 1;
        Ok(())
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) async fn count_dead_letters(&mut self) -> Result<()> {
        self.dead = self.morgue().await?.count().await?;
        Ok(())
    }

    /// Whether every delivery has arrived once or is a dead letter, and every signature was good.
    pub(super) fn is_complete(&self) -> bool {
        let arrived: usize = self.receivers.iter().map(|receiver| receiver.seen().accepted.len()).sum();
        let bad: usize = self.receivers.iter().map(|receiver| receiver.seen().bad_signatures).sum();
        arrived + self.dead == self.expected.iter().sum::<usize>() && bad == 0
    }

    /// The dead letters with the name of their subscriber.
    pub(super) async fn dead_letters(&mut self) -> Result<Vec<(String, DeadLetter)>> {
        let snapshot = self.snapshots.borrow().clone();
        let names: HashMap<&str, &str> =
            snapshot.iter().map(|subscription| (subscription.id.as_str(), subscription.name.as_str())).collect();
        let mut letters = Vec::new();
        let visit = |letter: &DeadLetter| {
            let name = letter.subscription().and_then(|id| names.get(id)).copied().unwrap_or("-");
            letters.push((name.to_owned(), letter.clone()));
            Decision::Keep
        };
        self.morgue().await?.visit(LETTERS, now(), visit).await?;
        Ok(letters)
    }

    /// Ends the roles and removes everything from the broker.
    pub(super) async fn strike(mut self) -> Result<()> {
        self.stop.cancel();
        for role in self.roles {
            role.await?;
        }
        self.topology.remove(&mut self.link, true).await?;
        self.shutdown.cancel();
        Ok(())
    }

    async fn morgue(&mut self) -> Result<Morgue> {
        let (publisher, names) = (self.road.publisher.clone(), self.road.names.clone());
        Ok(Morgue::open(&mut self.link, publisher, names, WORK_LANES).await?)
    }
}

fn patterns(receivers: &[Receiver]) -> Result<Vec<(usize, Vec<Pattern>)>> {
    let parse = |receiver: &Receiver| receiver.patterns.iter().map(|text| Ok(text.parse()?)).collect::<Result<_>>();
    receivers.iter().enumerate().map(|(number, receiver)| Ok((number, parse(receiver)?))).collect()
}

/// The subscriptions file of the demo: what a user would write.
fn subscriptions(receivers: &[Receiver]) -> Result<String> {
    let mut text = String::from("subscriptions:\n");
    for receiver in receivers {
        let name = receiver.name.replace(' ', "-");
        writeln!(text, "  - name: {name}")?;
        writeln!(text, "    events: {:?}", receiver.patterns)?;
        writeln!(text, "    destination: {{url: 'http://127.0.0.1:{}/'}}", receiver.port)?;
        writeln!(text, "    signing: {{secret: {}}}", receiver.secret())?;
        let schedule = if receiver.manner == Manner::AlwaysFails { "[1s, 2s]" } else { "[1s, 2s, 5s, 30s]" };
        writeln!(text, "    delivery: {{retry: {{schedule: {schedule}}}}}")?;
    }
    Ok(text)
}

/// Turns true with the first Ctrl-C.
fn watch_interrupt() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    interrupted
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
