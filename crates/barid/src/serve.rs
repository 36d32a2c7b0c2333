//! From configuration to running roles, and back: the steps of `barid serve`, in order.

use std::fs;

use anyhow::Context;
use barid_broker::Road;
use barid_telemetry::{BuildInfo, Health, Server};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{Settings, advice};
use crate::exit::Exit;
use crate::lifecycle::{Lifecycle, Tasks, signals};
use crate::reload::{self, Reloader};
use crate::roles::{Role, Supplies};
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
    let registry = barid_telemetry::registry(&BUILD)?;
    let health = Health::new();
    let (broker, subscriptions) = (health.readiness("broker"), health.readiness("subscriptions"));

    let reloader = Reloader::start(
        settings.subscriptions.clone(),
        settings.security.guard(),
        reload::Metrics::new(&registry)?,
        clock::now(),
    )
    .await?;
    subscriptions.set_ok();

    // What roles need to settle what they hold ends after them; so do metrics and health.
    let end = CancellationToken::new();
    let listen = settings.telemetry.listen;
    let server = Server::bind(listen, registry.clone(), health.clone())
        .await
        .with_context(|| format!("cannot listen on {listen} (telemetry.listen)"))?;
    info!(address = %server.address(), version = BUILD.version, "serving /metrics, /livez and /readyz");
    tokio::spawn(server.run(end.clone()));

    let road = Road::open(
        settings.broker.connection(connection_name(&roles)),
        barid_broker::Metrics::new(&registry)?,
        end.clone(),
    );
    let stop = CancellationToken::new();
    let supplies =
        Supplies { road: road.clone(), snapshots: reloader.snapshots(), health, registry, stop: stop.clone() };
    let mut lifecycle = Lifecycle::new(signals, reloader, stop);

    let declared = settings.broker.topology();
    let prepared = topology::prepare(&declared, settings.broker.at_start, road.link.clone(), &broker);
    let exit = if lifecycle.until_stopped(prepared).await.is_some() {
        let keeping = tokio::spawn(topology::keep(declared.clone(), settings.broker.at_start, road.link.clone()));
        let watching = tokio::spawn(readiness::watch(road, broker));
        let mut tasks = Tasks::default();
        for role in roles {
            supplies.start(role, &settings, &mut tasks)?;
            info!(%role, "started");
        }
        let exit = lifecycle.supervise(tasks).await;
        watching.abort();
        keeping.abort();
        exit
    } else {
        Exit::Done
    };
    if exit != Exit::Killed {
        end.cancel();
        errand::goodbye().await;
        info!("stopped");
    }
    Ok(exit)
}

/// What RabbitMQ lists the connections under: `barid router+dispatcher on host-1`.
fn connection_name(roles: &[Role]) -> String {
    let roles = roles.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    match fs::read_to_string("/etc/hostname") {
        Ok(host) if !host.trim().is_empty() => format!("barid {roles} on {}", host.trim()),
        _ => format!("barid {roles}"),
    }
}
