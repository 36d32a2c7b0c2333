//! The store when a process starts: asked until it answers, or the copy of it taken.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use barid_store::Error;
use barid_telemetry::{Check, Server};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock;
use crate::config::Settings;
use crate::exit::explain;
use crate::registry::{self, Registry, Unusable, admin_key};
use crate::roles::{Role, Supplies};

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// The file that was read before there was a registry, which somebody may expect to be read still.
const FORMER_FILE: &str = "subscriptions.yaml";

/// What `/readyz` calls it.
const CHECK: &str = "registry";

/// Returns the installation when something is known of the registry, however long that takes.
pub(super) async fn start(
    registry: &Registry,
    settings: &Settings,
    roles: &[Role],
    supplies: &Supplies,
) -> anyhow::Result<String> {
    let check = supplies.health.readiness(CHECK);
    while let Err(error) = registry.mirror.start().await {
        if !registry::is_passing(&error) {
            return Err(registry::judged(error));
        }
        tell(error, &check);
        sleep(PAUSE).await;
    }
    let installation = registry.mirror.installation().context("the registry does not say whose it is")?;
    let snapshot = registry.snapshots().borrow().clone();
    info!(
        installation,
        revision = snapshot.revision(),
        subscriptions = snapshot.len(),
        stale = registry.mirror.is_stale(),
        "registry read"
    );
    if snapshot.is_empty() && Path::new(FORMER_FILE).exists() {
        warn!(
            file = FORMER_FILE,
            "there is a file of subscriptions here that is not used, and the registry is empty: put it there with `barid apply \
             -f`, or run from it with --subscriptions"
        );
    }
    // A copy was made by a process that had the store, whose first gateway made the key.
    if roles.contains(&Role::Gateway) && !registry.mirror.is_stale() {
        admin_key::make_first(&registry.store, settings, clock::now()).await?;
        // So that the key opens from the first request on.
        registry.mirror.refresh().await.map_err(registry::judged)?;
    }
    Ok(installation)
}

fn tell(error: Error, check: &Check) {
    let error = explain(&error.into());
    warn!(error, retry_in_ms = PAUSE.as_millis(), "the store does not answer, and there is no copy of it here");
    check.set_failing("the store does not answer, and there is no copy of it here");
}

/// Follows the store; returns when it has become one that this process must not use.
pub(super) fn follow(registry: Registry, supplies: &Supplies) -> impl Future<Output = Unusable> + Send + 'static {
    let check = supplies.health.readiness(CHECK);
    registry::follow::follow(registry, supplies.road.clone(), Arc::clone(&supplies.refresh), check)
}

/// Metrics and health where the gateway will be, until it is.
pub(super) struct Stopgap {
    running: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl Stopgap {
    pub(super) async fn start(settings: &Settings, supplies: &Supplies) -> anyhow::Result<Self> {
        let listen = settings.gateway.listen;
        let server = Server::bind(listen, supplies.registry.clone(), supplies.health.clone())
            .await
            .with_context(|| format!("cannot listen on {listen} (gateway.listen)"))?;
        info!(address = %server.address(), "serving /metrics, /livez and /readyz until store and broker answer");
        let stop = CancellationToken::new();
        Ok(Self { running: tokio::spawn(server.run(stop.clone())), stop })
    }

    /// Frees the address.
    pub(super) async fn end(self) {
        self.stop.cancel();
        let _ended = self.running.await;
    }
}
