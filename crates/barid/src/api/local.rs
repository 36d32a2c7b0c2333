//! The API in this process: the store is opened and a gateway built that serves nobody else, so that every rule is the
//! same. Other processes are told of changes over the broker, if it is there, and find them by themselves otherwise.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use barid_broker::Road;
use barid_egress::Method;
use barid_gateway::{Gateway, Supplies};
use barid_telemetry::Health;
use barid_telemetry::prometheus::Registry as Metrics;
use bytes::Bytes;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::Answer;
use super::{Path, Unavailable};
use crate::config::Settings;
use crate::errand;
use crate::registry::{Registry, is_passing, judged};
use crate::roles::{gateway_clients, gateway_config};

/// How long the broker may take to be there before something is done without it.
const BROKER_WITHIN: Duration = Duration::from_secs(3);

/// A gateway of our own.
pub(crate) struct Local {
    gateway: barid_gateway::Local,
    road: Road,
    _guard: DropGuard,
}

impl Local {
    /// Opens the store, which is made if it is not there.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        barid_egress::install_crypto_provider();
        let metrics = Metrics::new();
        // Without a copy: that is the business of processes that serve.
        let registry = Registry::open(settings, None, &metrics)?;
        registry.mirror.start().await.map_err(|error| {
            let passing = is_passing(&error);
            let error = judged(error);
            if passing { store_unavailable(settings, &error).into() } else { error }
        })?;
        let installation = registry.mirror.installation().context("the store does not say whose it is")?;
        let shutdown = CancellationToken::new();
        let connection = settings.broker.connection("barid --local".to_owned());
        let road = Road::open(connection, barid_broker::Metrics::new(&metrics)?, shutdown.clone());
        let refresh = Arc::new(Notify::new());
        let supplies = Supplies {
            store: registry.store.clone(),
            snapshots: registry.mirror.snapshots(),
            keyring: registry.mirror.keyring(),
            sources: registry.mirror.sources(),
            road: road.clone(),
            health: Health::new(),
            registry: metrics,
            refresh: Arc::clone(&refresh),
            clients: gateway_clients(settings)?,
            installation,
        };
        let gateway = Gateway::new(gateway_config(settings)?, supplies)?.local();
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(keep(registry, refresh)));
        // What needs the broker says so itself.
        let _absent = road.publisher.connected(BROKER_WITHIN).await;
        Ok(Self { gateway, road, _guard: shutdown.drop_guard() })
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &Path,
        body: Option<Bytes>,
        if_match: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let is_patch = method == Method::Patch && body.is_some();
        let media_type = is_patch.then_some(("content-type", "application/merge-patch+json"));
        let version = if_match.map(|version| ("if-match", version));
        let headers: Vec<_> = media_type.into_iter().chain(version).collect();
        let (status, fields, body) = self.gateway.call(method.as_str(), path.as_str(), body, &headers).await;
        let header = |name: &'static str| Some(fields.get(name)?.to_str().ok()?.to_owned());
        Answer::read("--local", status, header, &body)
    }

    /// Lets notices leave, and connections say goodbye.
    pub(super) async fn close(self) {
        if self.road.link.is_up() {
            errand::goodbye().await;
        }
        drop(self);
        errand::goodbye().await;
    }
}

/// Looks at the store whenever the gateway has changed it: some rules ask what is registered.
async fn keep(registry: Registry, refresh: Arc<Notify>) {
    loop {
        refresh.notified().await;
        if let Err(error) = registry.mirror.refresh().await {
            tracing::warn!(%error, "the store cannot be read again");
        }
    }
}

fn store_unavailable(settings: &Settings, error: &anyhow::Error) -> Unavailable {
    Unavailable::Store { url: settings.store.url.to_string(), reason: crate::exit::explain(error) }
}
