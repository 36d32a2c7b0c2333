//! Where the subscriptions of a process come from: a file, or the registry.

use std::sync::Arc;

use barid_registry::Snapshot;
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use crate::registry::Registry;
use crate::reload::Reloader;

/// One of the two.
pub(crate) enum Source {
    /// A file, read at start and on SIGHUP.
    File(Reloader),
    /// The store.
    Store {
        /// It, and its mirror.
        registry: Registry,
        /// Asks for a look at it.
        refresh: Arc<Notify>,
    },
}

impl Source {
    /// What is subscribed, now and from now on.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        match self {
            Self::File(reloader) => reloader.snapshots(),
            Self::Store { registry, .. } => registry.snapshots(),
        }
    }

    /// What SIGHUP asks for.
    pub(crate) async fn reload(&self, now: DateTime<Utc>) {
        match self {
            Self::File(reloader) => reloader.reload(now).await,
            Self::Store { refresh, .. } => refresh.notify_one(),
        }
    }
}
