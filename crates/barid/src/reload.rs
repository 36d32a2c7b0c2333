//! Reading the subscriptions again without a restart: a good file replaces the snapshot in use, a bad one changes nothing
//! but a metric and a log line.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use barid_egress::Guard;
use barid_registry::{Diff, Snapshot};
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::{error, info};

use crate::subscriptions;

barid_telemetry::metrics! {
    /// How the configuration in use came to be.
    pub(crate) struct Metrics {
        /// Reloads of the subscriptions that were refused, so that the old ones stay in use
        config_reload_failures_total: IntCounter,
        /// When the subscriptions in use were read, in seconds since 1970
        config_last_reload_success_timestamp_seconds: IntGauge,
    }
}

/// What holds the snapshot in use.
pub(crate) struct Reloader {
    file: PathBuf,
    guard: Guard,
    snapshots: watch::Sender<Arc<Snapshot>>,
    metrics: Metrics,
}

impl Reloader {
    /// Reads the file for the first time.
    pub(crate) async fn start(
        file: PathBuf,
        guard: Guard,
        metrics: Metrics,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let snapshot = read(&file, guard).await?;
        info!(
            subscriptions = snapshot.len(),
            tenants = snapshot.tenants(),
            file = %file.display(),
            "subscriptions read"
        );
        metrics.config_last_reload_success_timestamp_seconds.set(now.timestamp());
        let (snapshots, _) = watch::channel(Arc::new(snapshot));
        Ok(Self { file, guard, snapshots, metrics })
    }

    /// The snapshot in use, and those that follow it.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// Reads the file again.
    pub(crate) async fn reload(&self, now: DateTime<Utc>) {
        match read(&self.file, self.guard).await {
            Ok(snapshot) => {
                let changes = Diff::between(&self.snapshots.borrow(), &snapshot);
                info!(%changes, subscriptions = snapshot.len(), "subscriptions read again");
                self.snapshots.send_replace(Arc::new(snapshot));
                self.metrics.config_last_reload_success_timestamp_seconds.set(now.timestamp());
            }
            Err(error) => {
                error!(
                    error = format!("{error:#}"),
                    "the subscriptions cannot be read again: the old ones stay in use"
                );
                self.metrics.config_reload_failures_total.inc();
            }
        }
    }
}

/// Compiling a large file takes a while, which must not hold up a worker of the runtime.
async fn read(file: &std::path::Path, guard: Guard) -> anyhow::Result<Snapshot> {
    let file = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || subscriptions::load(&file, guard));
    Ok(reading.await.context("reading the subscriptions panicked")??)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use barid_telemetry::prometheus::Registry;

    use super::*;

    const GOOD: &str = "subscriptions: [{name: a, events: ['#'], destination: {url: 'https://example.com/'}, \
         signing: {secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}]";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[tokio::test]
    async fn a_bad_file_leaves_the_old_subscriptions_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("s.yaml");
        fs::write(&file, GOOD).unwrap();
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let reloader = Reloader::start(file.clone(), Guard::default(), metrics.clone(), at(1)).await.unwrap();
        let snapshots = reloader.snapshots();

        fs::write(&file, "subscriptions: [{}]").unwrap();
        reloader.reload(at(2)).await;
        assert_eq!(snapshots.borrow().len(), 1);
        assert_eq!(metrics.config_reload_failures_total.get(), 1);
        assert_eq!(metrics.config_last_reload_success_timestamp_seconds.get(), 1);

        fs::write(&file, "subscriptions: []").unwrap();
        reloader.reload(at(3)).await;
        assert_eq!(snapshots.borrow().len(), 0);
        assert_eq!(metrics.config_last_reload_success_timestamp_seconds.get(), 3);
    }

    #[tokio::test]
    async fn does_not_start_with_a_bad_file() {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let started = Reloader::start("/nowhere".into(), Guard::default(), metrics, at(1)).await;
        assert!(started.err().unwrap().is::<subscriptions::Invalid>());
    }
}
