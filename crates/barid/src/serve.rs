//! From configuration to running roles, and back: the steps of `barid serve`, in order.

mod process;
mod store;

use std::sync::{Arc, OnceLock};

use anyhow::Context;
use barid_broker::Road;
use barid_telemetry::{BuildInfo, Check, Health, Server};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{Settings, advice};
use crate::exit::Exit;
use crate::lifecycle::{Lifecycle, Tasks, signals};
use crate::registry::presence::{FROM_FILE, Presence};
use crate::registry::{Registry, Unusable};
use crate::reload::{self, Reloader};
use crate::roles::{Role, Supplies};
use crate::source::Source;
use crate::{clock, errand, readiness, topology};

/// Which build runs. Packagers set `BARID_COMMIT` when they build.
const BUILD: BuildInfo = BuildInfo {
    version: env!("CARGO_PKG_VERSION"),
    commit: match option_env!("BARID_COMMIT") {
        Some(commit) => commit,
        None => "unknown",
    },
    rust: env!("BARID_RUST"),
};

/// Runs the roles until a signal. Logs are set up already.
pub(crate) async fn serve(settings: Settings, roles: Vec<Role>) -> anyhow::Result<Exit> {
    let signals = signals().context("cannot listen to signals")?;
    barid_egress::install_crypto_provider();
    for advice in advice(&settings) {
        warn!("{advice}");
    }
    let metrics = barid_telemetry::registry(&BUILD)?;
    let health = Health::new();
    let broker = health.readiness("broker");

    let refresh = Arc::new(Notify::new());
    let source = if let Some(file) = &settings.subscriptions {
        let check = health.readiness("subscriptions");
        let counted = reload::Metrics::new(&metrics)?;
        let reloader = Reloader::start(file.clone(), settings.security.guard(), counted, clock::now()).await?;
        check.set_ok();
        Source::File(reloader)
    } else {
        let registry = Registry::open(&settings, Some(settings.store.copy()), &metrics)?;
        Source::Store { registry, refresh: Arc::clone(&refresh) }
    };

    // What roles need to settle what they hold ends after them; so do metrics and health.
    let end = CancellationToken::new();
    if !roles.contains(&Role::Gateway) {
        let listen = settings.telemetry.listen;
        let server = Server::bind(listen, metrics.clone(), health.clone())
            .await
            .with_context(|| format!("cannot listen on {listen} (telemetry.listen)"))?;
        info!(address = %server.address(), version = BUILD.version, "serving /metrics, /livez and /readyz");
        tokio::spawn(server.run(end.clone()));
    }

    let road = Road::open(
        settings.connection(process::connection_name(&roles)),
        barid_broker::Metrics::new(&metrics)?,
        end.clone(),
    );
    let stop = CancellationToken::new();
    let presence = Presence::new(process::host().as_deref(), &roles, source.snapshots());
    let supplies =
        Supplies { road, snapshots: source.snapshots(), health, registry: metrics, refresh, stop: stop.clone() };
    let registry = match &source {
        Source::Store { registry, .. } => Some(registry.clone()),
        Source::File(_) => None,
    };
    let mut lifecycle = Lifecycle::new(signals, source, stop);

    let mut tasks = Tasks::default();
    let running =
        Running { settings: &settings, roles: &roles, supplies: &supplies, presence: &presence, broker: &broker };
    let result = running.start(registry, &mut lifecycle, &mut tasks).await;
    let foreign = match result {
        Ok(foreign) => foreign,
        Err(error) => {
            end.cancel();
            errand::goodbye().await;
            return Err(error);
        }
    };
    let exit = lifecycle.supervise(tasks).await;
    if exit != Exit::Killed {
        end.cancel();
        errand::goodbye().await;
        info!("stopped");
    }
    // Why roles were stopped was told when they were.
    Ok(if foreign.get().is_some() { Exit::BadConfiguration } else { exit })
}

/// Set when another installation was met, here or in the store, and this process yielded.
type Foreign = Arc<OnceLock<()>>;

/// What starting needs, and does not change.
struct Running<'a> {
    settings: &'a Settings,
    roles: &'a [Role],
    supplies: &'a Supplies,
    presence: &'a Presence,
    broker: &'a Check,
}

impl Running<'_> {
    /// Starts the roles as soon as they can work, or gives up when the process is to stop.
    async fn start(
        &self,
        registry: Option<Registry>,
        lifecycle: &mut Lifecycle,
        tasks: &mut Tasks,
    ) -> anyhow::Result<Foreign> {
        let foreign = Foreign::default();
        let Self { settings, supplies, presence, .. } = *self;
        let road = &supplies.road;
        let mut api = None;
        if let Some(registry) = registry {
            let stopgap = if self.roles.contains(&Role::Gateway) {
                Some(store::Stopgap::start(settings, supplies).await?)
            } else {
                None
            };
            let ready = store::start(&registry, settings, self.roles, supplies);
            let Some(installation) = lifecycle.until_stopped(ready).await.transpose()? else {
                return Ok(foreign);
            };
            presence.belongs_to(installation.clone());
            self.stop_when(store::follow(registry.clone(), supplies), &foreign);
            api = stopgap.map(|stopgap| (stopgap, registry, installation));
        } else {
            presence.belongs_to(FROM_FILE.to_owned());
        }
        let (topology, at_start) = (settings.topology(), settings.broker.at_start);
        let prepared = topology::prepare(&topology, at_start, road.link.clone(), self.broker);
        if lifecycle.until_stopped(prepared).await.is_none() {
            return Ok(foreign);
        }
        tokio::spawn(topology::keep(topology, at_start, road.link.clone()));
        let Some(admitted) = lifecycle.until_stopped(presence.look_around(road)).await else {
            return Ok(foreign);
        };
        admitted?;
        self.stop_when(presence.clone().keep(road.clone()), &foreign);

        if let Some((stopgap, registry, installation)) = api {
            // Not before it is admitted: the API and its janitor change what others of the namespace use.
            stopgap.end().await;
            supplies.start_gateway(settings, &registry, installation, tasks).await?;
        }
        for &role in self.roles {
            supplies.start(role, settings, tasks)?;
            info!(%role, "started");
        }
        presence.consumes_since(clock::now());
        // Last, so that a process that is ready has its roles.
        tokio::spawn(readiness::watch(road.clone(), self.broker.clone()));
        Ok(foreign)
    }

    /// Stops the roles when `watch` finds that this process must not go on.
    fn stop_when(&self, watch: impl Future<Output = Unusable> + Send + 'static, foreign: &Foreign) {
        let (stop, told) = (self.supplies.stop.clone(), Arc::clone(foreign));
        tokio::spawn(async move {
            let reason = watch.await;
            error!("{reason}");
            let _first = told.set(());
            stop.cancel();
        });
    }
}
