//! When keys were used last: remembered here, and written to the store once a minute, so that no request waits for it.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use barid_store::{KeyId, MAX_TOUCHED, Store};
use chrono::{DateTime, Utc};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is written down.
const EVERY: Duration = Duration::from_mins(1);

/// The keys used since it was last written down, at most [`MAX_TOUCHED`].
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<HashMap<KeyId, DateTime<Utc>>>);

impl Usage {
    /// A key was used.
    pub(crate) fn used(&self, id: &KeyId, now: DateTime<Utc>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = used.get_mut(id) {
            *last = now;
        } else if used.len() < MAX_TOUCHED {
            used.insert(id.clone(), now);
        }
    }

    /// Writes it down every minute until `stop`, and once more then.
    pub(crate) async fn keep(&self, store: &Store, stop: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.flush(store).await;
        }
        self.flush(store).await;
    }

    /// Writes down what is remembered. What a store that is away does not take is forgotten: it is told again with the
    /// next use.
    pub(crate) async fn flush(&self, store: &Store) {
        let used = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if used.is_empty() {
            return;
        }
        let used: Vec<_> = used.into_iter().collect();
        if let Err(error) = store.touch_keys(&used).await {
            tracing::debug!(%error, "when keys were used last was not written down");
        }
    }
}
