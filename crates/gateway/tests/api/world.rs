//! A gateway for one test: a store of its own, a namespace of its own on the broker, removed at the end.

use std::{net::SocketAddr, process::Command, sync::Arc, sync::OnceLock, time::Duration};

use barid_broker::{
    Config as BrokerConfig, Metrics as BrokerMetrics, Names, Road,
    topology::{Options, Topology},
};
use barid_egress::{Clients, Config as EgressConfig, Guard, install_crypto_provider};
use barid_gateway::{Config, DefaultQuotas, Gateway, Limits, Local, Supplies, keys};
use barid_store::{ApiKey, Config as StoreConfig, MasterKeys, Metrics as StoreMetrics, Mirror, Scope, Store};
use barid_telemetry::{Health, prometheus::Registry};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::client::{Answer, send};

/// The script that owns the private broker.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dev/broker");

/// What the provider of a source signs with.
pub(crate) const SOURCE_SECRET: &str = "It's a Secret to Everybody";

/// What a test may choose.
#[derive(Default)]
pub(crate) struct Choice {
    pub(crate) quotas: DefaultQuotas,
    pub(crate) limits: Limits,
    pub(crate) public: Option<bool>,
    /// Another broker than the one there is.
    pub(crate) broker: Option<String>,
}

pub(crate) struct World {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) store: Store,
    pub(crate) road: Road,
    pub(crate) health: Health,
    pub(crate) local: Local,
    /// The text of an admin key.
    pub(crate) admin: String,
    topology: Option<Topology>,
    stop: CancellationToken,
    gateway: JoinHandle<()>,
    pub(crate) directory: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Choice::default()).await
    }

    /// The same store, as a process with these master keys has it.
    pub(crate) fn store_with(&self, keys: &[u8]) -> Store {
        store(&self.directory, keys)
    }

    pub(crate) async fn with(choice: Choice) -> Self {
        let directory = TempDir::new().unwrap();
        let store = store(&directory, &[7]);
        let registry = Registry::new();
        let mirror = Arc::new(Mirror::new(store.clone(), None, StoreMetrics::new(&registry).unwrap()));
        mirror.start().await.unwrap();
        let (key, admin) = key(Scope::Admin, None);
        store.add_key(&key).await.unwrap();
        mirror.refresh().await.unwrap();

        let stop = CancellationToken::new();
        let names = names();
        let (is_away, url) = (choice.broker.is_some(), choice.broker.unwrap_or_else(|| broker().to_owned()));
        let config = BrokerConfig::new(url.into(), names.clone());
        let road = Road::open(config, BrokerMetrics::new(&registry).unwrap(), stop.clone());
        let topology = (!is_away).then(|| Topology::new(&names, &Options::default()));
        if let Some(topology) = &topology {
            topology.apply(&mut road.link.clone()).await.unwrap();
            road.publisher.connected(Duration::from_secs(20)).await.unwrap();
            road.control.listening().await;
        }

        install_crypto_provider();
        let guard = Guard { allow_http: true, allow_private_networks: true };
        let refresh = Arc::new(Notify::new());
        let health = Health::new();
        let supplies = Supplies {
            store: store.clone(),
            snapshots: mirror.snapshots(),
            keyring: mirror.keyring(),
            sources: mirror.sources(),
            road: road.clone(),
            health: health.clone(),
            registry,
            refresh: Arc::clone(&refresh),
            clients: Clients::new(EgressConfig { guard, ..EgressConfig::default() }).unwrap(),
            installation: mirror.installation().unwrap(),
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            loop {
                refresh.notified().await;
                mirror.refresh().await.unwrap();
            }
        }));
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let config = Config {
            listen: free,
            public_listen: choice.public.map(|_| free),
            public_publish: choice.public == Some(true),
            public_url: None,
            guard,
            origin: "barid.example".parse().unwrap(),
            limits: choice.limits,
            quotas: choice.quotas,
            work_lanes: Options::default().work_lanes,
            user_id: None,
            recipes: barid_registry::recipe::catalogue().into(),
        };
        let gateway = Gateway::new(config, supplies).unwrap();
        let local = gateway.local();
        let bound = gateway.bind().await.unwrap();
        let addresses = bound.addresses().to_vec();
        let gateway = tokio::spawn(bound.run(stop.clone()));
        Self { addresses, store, road, health, local, admin, topology, stop, gateway, directory }
    }

    /// A request with a key, and a body if there is one.
    pub(crate) async fn request(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let authorization = format!("Bearer {key}");
        let mut headers = vec![("authorization", authorization.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        send(self.addresses[0], method, path, &headers, body).await
    }

    /// A request with the admin key and header fields of the test's own.
    pub(crate) async fn with_headers(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let authorization = format!("Bearer {}", self.admin);
        let headers: Vec<_> = [("authorization", authorization.as_str())].iter().chain(headers).copied().collect();
        send(self.addresses[0], method, path, &headers, body.to_owned()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(&self.admin, "GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(&self.admin, "POST", path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(&self.admin, "PUT", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(&self.admin, "DELETE", path, None).await
    }

    /// The text of a new key, made through the API.
    pub(crate) async fn key(&self, scope: &str, tenant: &str) -> String {
        let made = self.post("/v1/keys", &json!({"name": "test", "scope": scope, "tenant": tenant})).await.expect(201);
        made.body["key"].as_str().unwrap().to_owned()
    }

    /// A subscription of a tenant; its id.
    pub(crate) async fn subscribe(&self, tenant: &str, name: &str) -> String {
        let body = subscription(tenant, name);
        self.post("/v1/subscriptions", &body).await.expect(201).body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn end(self) {
        if let Some(topology) = &self.topology {
            topology.remove(&mut self.road.link.clone(), true).await.unwrap();
        }
        self.stop.cancel();
        self.gateway.await.unwrap();
        self.store.close().await;
    }
}

/// The document of a subscription.
pub(crate) fn subscription(tenant: &str, name: &str) -> Value {
    json!({"tenant": tenant, "name": name, "events": ["deal.#"], "destination": {"url": "http://127.0.0.1:9/private-path"}})
}

/// The document of a source.
pub(crate) fn source(tenant: &str, name: &str) -> Value {
    json!({"tenant": tenant, "name": name, "preset": "github", "secret": SOURCE_SECRET})
}

/// Waits for a condition, which is asked again and again.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait).await.expect("the condition to hold within a minute");
}

/// The store in the directory, with these master keys; the first one is the current.
fn store(directory: &TempDir, keys: &[u8]) -> Store {
    let url = format!("sqlite:{}", directory.path().join("barid.db").display());
    let keys: Vec<_> = keys.iter().map(|&byte| MasterKeys::generate(|bytes| bytes.fill(byte))).collect();
    Store::new(StoreConfig {
        url: url.into(),
        keys: MasterKeys::new(&keys[0], &keys[1..]).unwrap(),
        max_connections: 4,
        timeout: Duration::from_secs(20),
    })
    .unwrap()
}

fn key(scope: Scope, tenant: Option<barid_event::Tenant>) -> (ApiKey, String) {
    let fill = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    let (key, text) = keys::generate(scope, tenant, "test".to_owned(), fill, now());
    (key, text.expose_secret().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a test is a shell")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

fn names() -> Names {
    let namespace = format!("gateway-{}", uuid::Uuid::now_v7().simple());
    let events = format!("{namespace}.events");
    Names::new(namespace.parse().unwrap(), events)
}

/// The broker of `BARID_BROKER__URL`, or a private one.
fn broker() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("BARID_BROKER__URL").unwrap_or_else(|_| {
            let up = Command::new(SCRIPT).arg("up").output().unwrap();
            assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
            String::from_utf8(up.stdout).unwrap().trim().to_owned()
        })
    })
}
