//! The roles of this process, made from the settings.

mod gateway;

use std::fmt;
use std::sync::Arc;

pub(crate) use gateway::config as gateway_config;

use anyhow::Context;
use barid_broker::Road;
use barid_gateway::Gateway;
use barid_registry::Snapshot;
use barid_telemetry::Health;
use barid_telemetry::prometheus::Registry;
use clap::ValueEnum;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::config::Settings;
use crate::lifecycle::Tasks;
use crate::registry::Registry as Store;

/// What a process does. Each role scales by itself: processes of one role share its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Role {
    /// Serves the API: events in, and what is registered.
    Gateway,
    /// Takes events and makes deliveries of them.
    Router,
    /// Sends deliveries to subscribers, again where it has to.
    Dispatcher,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Router => "router",
            Self::Dispatcher => "dispatcher",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What every role is given.
pub(crate) struct Supplies {
    /// The broker.
    pub(crate) road: Road,
    /// What is subscribed.
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where roles report.
    pub(crate) health: Health,
    /// Where metrics are registered.
    pub(crate) registry: Registry,
    /// Asks for a look at the store.
    pub(crate) refresh: Arc<Notify>,
    /// The soft stop.
    pub(crate) stop: CancellationToken,
}

impl Supplies {
    /// Starts the gateway, which goes on without the broker, as far as it can.
    pub(crate) async fn start_gateway(
        &self,
        settings: &Settings,
        registry: &Store,
        installation: String,
        tasks: &mut Tasks,
    ) -> anyhow::Result<()> {
        let gateway = Gateway::new(gateway_config(settings)?, self.to_gateway(settings, registry, installation)?)?;
        let listen = settings.gateway.listen;
        let bound = gateway.bind().await.with_context(|| format!("cannot listen on {listen} (gateway.listen)"))?;
        for address in bound.addresses() {
            info!(%address, "serving the API");
        }
        tasks.spawn(Role::Gateway.as_str(), bound.run(self.stop.clone()));
        Ok(())
    }

    /// What the gateway is given.
    pub(crate) fn to_gateway(
        &self,
        settings: &Settings,
        registry: &Store,
        installation: String,
    ) -> anyhow::Result<barid_gateway::Supplies> {
        Ok(barid_gateway::Supplies {
            store: registry.store.clone(),
            snapshots: registry.mirror.snapshots(),
            keyring: registry.mirror.keyring(),
            sources: registry.mirror.sources(),
            road: self.road.clone(),
            health: self.health.clone(),
            registry: self.registry.clone(),
            refresh: Arc::clone(&self.refresh),
            clients: gateway_clients(settings)?,
            installation,
        })
    }

    /// Starts a role; the gateway is started by itself.
    pub(crate) fn start(&self, role: Role, settings: &Settings, tasks: &mut Tasks) -> anyhow::Result<()> {
        let (road, snapshots) = (self.road.clone(), self.snapshots.clone());
        match role {
            Role::Gateway => {}
            Role::Router => {
                let metrics = barid_router::Metrics::new(&self.registry)?;
                let config = router(settings);
                let router = barid_router::Router::new(config, road, snapshots, &self.health, metrics);
                tasks.spawn(role.as_str(), router.run(self.stop.clone()));
            }
            Role::Dispatcher => {
                let metrics = barid_dispatcher::Metrics::new(&self.registry)?;
                let (config, refresh) = (dispatcher(settings), Arc::clone(&self.refresh));
                let dispatcher =
                    barid_dispatcher::Dispatcher::new(config, road, snapshots, &self.health, metrics, refresh)?;
                tasks.spawn(role.as_str(), dispatcher.run(self.stop.clone()));
            }
        }
        Ok(())
    }
}

/// What a gateway asks receivers with: as dispatchers send to them.
pub(crate) fn gateway_clients(settings: &Settings) -> Result<barid_egress::Clients, barid_egress::BuildError> {
    barid_egress::Clients::new(settings.dispatcher.egress(settings.security.guard()))
}

fn router(settings: &Settings) -> barid_router::Config {
    barid_router::Config {
        work_lanes: settings.broker.work_lanes,
        lanes_per_tenant: settings.router.lanes_per_tenant.min(settings.broker.work_lanes),
        prefetch: settings.router.prefetch,
        publishers: settings.tenants.publishers(),
        max_fanout: settings.quotas.fanout,
        limits: settings.router.limits(),
        canary_interval: settings.router.canary_every,
        ..barid_router::Config::default()
    }
}

fn dispatcher(settings: &Settings) -> barid_dispatcher::Config {
    barid_dispatcher::Config {
        limits: settings.dispatcher.limits(),
        work_lanes: settings.broker.work_lanes,
        excerpt: settings.dispatcher.excerpt,
        egress: settings.dispatcher.egress(settings.security.guard()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::settings;

    #[test]
    fn the_default_file_says_what_the_router_has_by_default() {
        let (ours, theirs) = (router(&settings("")), barid_router::Config::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }

    #[test]
    fn a_tenant_uses_all_lanes_where_there_are_fewer_than_it_may_use() {
        assert_eq!(router(&settings("broker.work_lanes = 1")).lanes_per_tenant, 1);
    }
}
