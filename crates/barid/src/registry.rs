//! The registry as this process has it: the store, its mirror in memory, and what keeps the two together.
//!
//! - `master_key`: what secrets are sealed with. `admin_key`: the first key, and where it goes.
//! - `follow`: the loop that asks what has changed. `presence`: who else is there, and who yields to whom.

pub(crate) mod admin_key;
pub(crate) mod follow;
pub(crate) mod master_key;
pub(crate) mod presence;

use std::path::PathBuf;
use std::sync::Arc;

use barid_registry::Snapshot;
use barid_store::{Config, Error, Mirror, Store};
use barid_telemetry::prometheus::Registry as Metrics;
use tokio::sync::watch;

use crate::config::Settings;

/// The store and its mirror. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Registry {
    /// The database.
    pub(crate) store: Store,
    /// What is known of it here.
    pub(crate) mirror: Arc<Mirror>,
}

/// Why a process must not work with this registry. Trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// A process that uses another store works on the same queues.
    #[error(
        "another installation ({other}) uses this namespace, while {ours}: give one of them another broker.namespace, or \
         both the same store.url"
    )]
    AnotherInstallation {
        /// Theirs.
        other: String,
        /// What we are, as a clause.
        ours: String,
    },
    /// A process without a store works on the same queues.
    #[error(
        "a process that runs from a file of subscriptions consumes in this namespace, and drops what only the store's \
         subscriptions want: stop it first, or give one of the two another broker.namespace"
    )]
    BesideAFile,
    /// The store is not for this process.
    #[error(transparent)]
    Store(Error),
}

impl Registry {
    /// Knows where the store is; nothing is asked yet.
    ///
    /// What is known of it is kept sealed in the file `copy`, if there is to be one.
    pub(crate) fn open(settings: &Settings, copy: Option<PathBuf>, metrics: &Metrics) -> anyhow::Result<Self> {
        let store = store(settings)?;
        let mirror = Mirror::new(store.clone(), copy, barid_store::Metrics::new(metrics)?);
        Ok(Self { store, mirror: Arc::new(mirror) })
    }

    /// What is registered, now and from now on.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.mirror.snapshots()
    }
}

/// The store of the settings, with the keys for it; nothing is asked yet.
pub(crate) fn store(settings: &Settings) -> anyhow::Result<Store> {
    let config = Config {
        url: settings.store.url.secret().clone(),
        keys: master_key::keys(settings)?,
        max_connections: settings.store.max_connections,
        timeout: settings.store.timeout,
    };
    Store::new(config).map_err(judged)
}

/// Whether the store may be usable later, as it is.
pub(crate) fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_))
}

/// An error of the store, [`Unusable`] where only an operator can help.
pub(crate) fn judged(error: Error) -> anyhow::Error {
    match error {
        Error::WrongMasterKey
        | Error::MasterKeyReplaced
        | Error::NewerSchema(_)
        | Error::Url(_)
        | Error::OtherInstallation { .. } => Unusable::Store(error).into(),
        other => other.into(),
    }
}
