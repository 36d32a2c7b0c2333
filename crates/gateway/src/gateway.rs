//! The gateway: built of what it is given, bound to its addresses, run until it is told to stop.

use std::{io, net::SocketAddr, sync::Arc};

use barid_broker::Road;
use barid_egress::Clients;
use barid_registry::Snapshot;
use barid_store::{Keyring, SourceBook, Store};
use barid_telemetry::{Health, prometheus};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{App, Inner},
    config::Config,
    inbound, janitor,
    local::Local,
    metrics::Metrics,
    rate::Rates,
    routes, server,
    usage::Usage,
};

/// Events that are explained at the same time: each may keep a thread busy for seconds.
const EXPLAINED_AT_A_TIME: usize = 2;

/// What the gateway is given.
pub struct Supplies {
    /// Where everything registered is.
    pub store: Store,
    /// What is registered, as this process knows it.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The API keys, as this process knows them.
    pub keyring: watch::Receiver<Arc<Keyring>>,
    /// The sources, as this process knows them.
    pub sources: watch::Receiver<Arc<SourceBook>>,
    /// The broker.
    pub road: Road,
    /// What `/livez` and `/readyz` show.
    pub health: Health,
    /// What `/metrics` shows, and where the gateway's metrics are registered.
    pub registry: prometheus::Registry,
    /// Notified when this process should look at the store at once.
    pub refresh: Arc<Notify>,
    /// What asks receivers for their consent.
    pub clients: Clients,
    /// Whose registry it is.
    pub installation: String,
}

/// The gateway, not bound yet.
pub struct Gateway {
    app: App,
    listen: SocketAddr,
    public_listen: Option<SocketAddr>,
    public_publish: bool,
}

/// The gateway with its addresses bound: connections wait until it runs.
pub struct Bound {
    app: App,
    main: TcpListener,
    public: Option<(TcpListener, bool)>,
    addresses: Vec<SocketAddr>,
}

impl Gateway {
    /// A gateway. Fails if its metrics are registered already.
    pub fn new(config: Config, supplies: Supplies) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::new(&supplies.registry)?;
        let served_at = config.public_listen.unwrap_or(config.listen);
        let public_url = config.public_url.unwrap_or_else(|| format!("http://{served_at}"));
        let app = App::new(Inner {
            store: supplies.store,
            snapshots: supplies.snapshots,
            keyring: supplies.keyring,
            sources: supplies.sources,
            road: supplies.road,
            health: supplies.health,
            registry: supplies.registry,
            refresh: supplies.refresh,
            installation: supplies.installation,
            guard: config.guard,
            clients: supplies.clients,
            origin: config.origin,
            recipes: config.recipes,
            limits: config.limits,
            quotas: config.quotas,
            work_lanes: config.work_lanes,
            user_id: config.user_id,
            metrics,
            rates: Rates::default(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            source_bodies: Arc::new(Semaphore::new(config.limits.source_bodies)),
            source_rates: inbound::Rates::default(),
            seen: inbound::Seen::default(),
            judging: Arc::new(Semaphore::new(inbound::JUDGED_AT_A_TIME)),
            usage: Usage::default(),
            explaining: Arc::new(Semaphore::new(EXPLAINED_AT_A_TIME)),
        });
        let Config { listen, public_listen, public_publish, .. } = config;
        Ok(Self { app, listen, public_listen, public_publish })
    }

    /// The API within this process, as an operator who may do everything.
    pub fn local(&self) -> Local {
        Local::new(routes::main(&self.app, false))
    }

    /// Binds its addresses; port 0 takes a free one.
    pub async fn bind(self) -> io::Result<Bound> {
        let main = TcpListener::bind(self.listen).await?;
        let public = match self.public_listen {
            Some(listen) => Some((TcpListener::bind(listen).await?, self.public_publish)),
            None => None,
        };
        let listeners = [Some(&main), public.as_ref().map(|(listener, _)| listener)];
        let addresses = listeners.into_iter().flatten().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
        Ok(Bound { app: self.app, main, public, addresses })
    }
}

impl Bound {
    /// Where it listens: the main address, then the public one if there is one.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until `stop`, then lets requests finish that are under way.
    pub async fn run(self, stop: CancellationToken) {
        let Self { app, main, public, .. } = self;
        let limits = app.limits;
        let serve_main = server::serve(main, routes::main(&app, public.is_none()), limits, stop.clone());
        let serve_public = async {
            if let Some((listener, publish)) = public {
                server::serve(listener, routes::public(&app, publish), limits, stop.clone()).await;
            }
        };
        let usage = app.usage.keep(&app.store, stop.clone());
        let janitor = janitor::run(app.clone(), stop.clone());
        tokio::join!(serve_main, serve_public, usage, janitor);
    }
}
