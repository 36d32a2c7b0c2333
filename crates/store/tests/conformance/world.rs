//! A fresh store for one test, and what tests put into it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    thread,
    time::Duration,
};

use barid_event::Tenant;
use barid_registry::{Reading, Settings, TenantSettings, document, tenant};
use barid_store::{ApiKey, Config, Expect, KeyId, MasterKeys, Metrics, Mirror, Put, Scope, Store};
use barid_telemetry::prometheus::Registry;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::TempDir;

/// The script that owns private servers.
pub(crate) const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dev/postgres");

/// A signing secret.
pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// More than any test has of anything.
pub(crate) const PLENTY: u32 = 1_000_000;

pub(crate) struct World {
    url: String,
    /// The schema to drop on PostgreSQL.
    schema: Option<String>,
    directory: TempDir,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite:{}", directory.path().join("data/barid.db").display());
        Self { url, schema: None, directory }
    }

    pub(crate) async fn postgres() -> Self {
        let server = server();
        let schema = format!("test_{}", uuid::Uuid::new_v4().simple());
        let world = Self {
            url: format!("{server}?application_name={schema}&options=-csearch_path%3D{schema}"),
            schema: Some(schema.clone()),
            directory: TempDir::new().unwrap(),
        };
        world.sql(format!("CREATE SCHEMA {schema}")).await;
        world
    }

    /// A directory that lives as long as the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A store that is ready, sealed with the first key.
    pub(crate) async fn store(&self) -> Store {
        let store = self.store_with(&keys(&[1]));
        store.prepare().await.unwrap();
        store
    }

    /// A store with these keys, not asked anything yet.
    pub(crate) fn store_with(&self, keys: &MasterKeys) -> Store {
        store_at(&self.url, keys, Duration::from_secs(20))
    }

    /// Executes a statement behind the store's back.
    pub(crate) async fn sql(&self, statement: String) {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&self.url).await.unwrap();
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(schema) = self.schema.take() else { return };
        let server = server().to_owned();
        // A runtime within a runtime needs a thread of its own.
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = AnyConnection::connect(&server).await.unwrap();
                // What the test has dropped without waiting for it may hold locks still.
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
                sqlx::query(end).bind(&schema).execute(&mut connection).await.unwrap();
                let drop = format!("DROP SCHEMA {schema} CASCADE");
                sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
            });
        };
        if thread::spawn(drop).join().is_err() {
            eprintln!("a schema was not dropped");
        }
    }
}

/// The URL of the server that tests share, started if it does not run.
fn server() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| script(&["up"]))
}

/// What the script that owns servers says.
pub(crate) fn script(arguments: &[&str]) -> String {
    let output = Command::new(SCRIPT).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn store_at(url: &str, keys: &MasterKeys, timeout: Duration) -> Store {
    Store::new(Config { url: url.into(), keys: keys.clone(), max_connections: 8, timeout }).unwrap()
}

/// Master keys; the first seals.
pub(crate) fn keys(bytes: &[u8]) -> MasterKeys {
    let keys: Vec<SecretString> = bytes.iter().map(|&byte| MasterKeys::generate(|key| key.fill(byte))).collect();
    MasterKeys::new(&keys[0], &keys[1..]).unwrap()
}

pub(crate) fn mirror(store: &Store, copy: Option<&Path>) -> Mirror {
    Mirror::new(store.clone(), copy.map(Path::to_owned), Metrics::new(&Registry::new()).unwrap())
}

/// A time, in seconds.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A subscription to `deal.won` and to whatever is called like it.
pub(crate) fn subscription(tenant: &str, name: &str) -> Settings {
    subscription_to(tenant, name, &format!("https://hooks.example.com/{name}?token=very-secret-path"))
}

pub(crate) fn subscription_to(tenant: &str, name: &str, url: &str) -> Settings {
    let value = json!({
        "name": name,
        "tenant": tenant,
        "events": ["deal.won", format!("only.{}", name.replace(['-', '.'], "_"))],
        "destination": {"url": url},
        "signing": {"secret": SECRET},
    });
    document::read(&value, &Reading::default()).unwrap()
}

pub(crate) fn tenant_called(id: &str) -> TenantSettings {
    tenant::read(&json!({"id": id})).unwrap()
}

/// Puts a subscription, whatever is there.
pub(crate) async fn put(store: &Store, settings: &Settings) -> Put {
    store.put_subscription(settings, Expect::Any, PLENTY, at(0)).await.unwrap()
}

pub(crate) fn key(number: u8, scope: Scope, tenant: Option<&str>) -> ApiKey {
    ApiKey {
        id: KeyId::generate(|bytes| bytes.fill(number)),
        tenant: tenant.map(|tenant| tenant.parse::<Tenant>().unwrap()),
        scope,
        name: format!("key {number}"),
        hash: [number; 32],
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 0,
    }
}
