//! The roles of this process, made from the settings.

use std::fmt;
use std::sync::Arc;

use barid_broker::Road;
use barid_registry::Snapshot;
use barid_telemetry::Health;
use barid_telemetry::prometheus::Registry;
use clap::ValueEnum;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::lifecycle::Tasks;

/// What a process does. Each role scales by itself: processes of one role share its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Role {
    /// Takes events and makes deliveries of them.
    Router,
    /// Sends deliveries to subscribers, again where it has to.
    Dispatcher,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
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
    /// The soft stop.
    pub(crate) stop: CancellationToken,
}

impl Supplies {
    /// Starts a role.
    pub(crate) fn start(&self, role: Role, settings: &Settings, tasks: &mut Tasks) -> anyhow::Result<()> {
        let (road, snapshots) = (self.road.clone(), self.snapshots.clone());
        match role {
            Role::Router => {
                let metrics = barid_router::Metrics::new(&self.registry)?;
                let config = router(settings);
                let router = barid_router::Router::new(config, road, snapshots, &self.health, metrics);
                tasks.spawn(role.as_str(), router.run(self.stop.clone()));
            }
            Role::Dispatcher => {
                let metrics = barid_dispatcher::Metrics::new(&self.registry)?;
                let config = dispatcher(settings);
                let dispatcher = barid_dispatcher::Dispatcher::new(config, road, snapshots, &self.health, metrics)?;
                tasks.spawn(role.as_str(), dispatcher.run(self.stop.clone()));
            }
        }
        Ok(())
    }
}

fn router(settings: &Settings) -> barid_router::Config {
    let publishers = settings.tenants.publishers.iter();
    barid_router::Config {
        work_lanes: settings.broker.work_lanes,
        lanes_per_tenant: settings.router.lanes_per_tenant.min(settings.broker.work_lanes),
        prefetch: settings.router.prefetch,
        publishers: publishers.map(|(user, tenants)| (user.clone(), tenants.0.clone())).collect(),
        limits: settings.router.limits(),
        canary_interval: settings.router.canary_every,
        ..barid_router::Config::default()
    }
}

fn dispatcher(settings: &Settings) -> barid_dispatcher::Config {
    barid_dispatcher::Config {
        limits: settings.dispatcher.limits(),
        work_lanes: settings.broker.work_lanes,
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
