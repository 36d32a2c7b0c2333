//! What every request works with.

use std::{ops::Deref, sync::Arc};

use barid_broker::Road;
use barid_egress::{Clients, Guard};
use barid_event::Tenant;
use barid_registry::{Quotas, Recipe, RequestOrigin, Snapshot};
use barid_store::{Keyring, LaneLimits, SourceBook, Store};
use barid_telemetry::{Health, prometheus};
use tokio::sync::{Notify, Semaphore, watch};

use crate::{
    config::{DefaultQuotas, Limits},
    inbound,
    metrics::Metrics,
    rate::Rates,
    usage::Usage,
};

/// The most own lanes of an installation: each is a quorum queue, which costs the broker memory while idle.
const MAX_OWN_LANES: u32 = 500;

/// What every request works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// The parts of an [`App`].
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) keyring: watch::Receiver<Arc<Keyring>>,
    pub(crate) sources: watch::Receiver<Arc<SourceBook>>,
    pub(crate) road: Road,
    pub(crate) health: Health,
    pub(crate) registry: prometheus::Registry,
    /// Asks this process to look at the store.
    pub(crate) refresh: Arc<Notify>,
    pub(crate) installation: String,
    pub(crate) guard: Guard,
    pub(crate) clients: Clients,
    pub(crate) origin: RequestOrigin,
    pub(crate) recipes: Arc<[Recipe]>,
    pub(crate) limits: Limits,
    pub(crate) quotas: DefaultQuotas,
    pub(crate) work_lanes: u16,
    pub(crate) user_id: Option<String>,
    pub(crate) metrics: Metrics,
    pub(crate) rates: Rates,
    /// What URLs of sources begin with, without a slash at the end.
    pub(crate) public_url: String,
    /// Room for bodies of webhooks, in bytes.
    pub(crate) source_bodies: Arc<Semaphore>,
    pub(crate) source_rates: inbound::Rates,
    pub(crate) seen: inbound::Seen,
    /// Whose turn it is to have a long request to a source judged, which takes a thread.
    pub(crate) judging: Arc<Semaphore>,
    pub(crate) usage: Usage,
    /// Whose turn it is to have an event explained, which takes a thread.
    pub(crate) explaining: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// What is registered, as this process knows it.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// What a tenant may have.
    pub(crate) fn quotas(&self, tenant: &Tenant) -> DefaultQuotas {
        let own = self.snapshot().tenant(tenant).map_or_else(Quotas::default, |settings| settings.quotas);
        let default = self.quotas;
        DefaultQuotas {
            subscriptions: own.subscriptions.unwrap_or(default.subscriptions),
            fanout: own.fanout.unwrap_or(default.fanout),
            own_lanes: own.own_lanes.unwrap_or(default.own_lanes),
            publish_per_second: own.publish_per_second.unwrap_or(default.publish_per_second),
        }
    }

    /// How many own lanes a tenant, and everybody, may have.
    pub(crate) fn lane_limits(&self, tenant: &Tenant) -> LaneLimits {
        LaneLimits { tenant: self.quotas(tenant).own_lanes, total: MAX_OWN_LANES }
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
