//! Keeps the mirror close to the store: whenever somebody says that something has changed, every ten seconds in case nobody
//! did, and by counting every five minutes in case both failed.

use std::sync::Arc;
use std::time::Duration;

use barid_broker::Road;
use barid_broker::control::Notice;
use barid_store::{Error, Refreshed};
use barid_telemetry::Check;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::{debug, info, warn};

use super::Registry;
use crate::exit::explain;

/// How often the store is asked for changes when nobody tells of any.
const REFRESH_EVERY: Duration = Duration::from_secs(10);

/// How often everything is counted.
const VERIFY_EVERY: Duration = Duration::from_mins(5);

/// What woke us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wake {
    /// Something has changed, or may have.
    Refresh,
    /// Notices may have been lost, or it is time to count.
    Verify,
}

/// Follows the store, for ever. `refresh` asks for a look now; `check` says what `/readyz` shows.
pub(crate) async fn follow(registry: Registry, road: Road, refresh: Arc<Notify>, check: Check) {
    let mut follower = Follower { registry, check, failing: false };
    follower.show();
    let mut notices = road.control.notices();
    let mut link = road.link.clone();
    let mut refreshes = ticks(REFRESH_EVERY);
    let mut verifications = ticks(VERIFY_EVERY);
    loop {
        let wake = tokio::select! {
            () = refresh.notified() => Wake::Refresh,
            _ = refreshes.tick() => Wake::Refresh,
            _ = verifications.tick() => Wake::Verify,
            is_back = link.reconnected() => {
                if !is_back {
                    // The road is closed: the process ends.
                    return;
                }
                Wake::Verify
            }
            heard = notices.recv() => match heard {
                Ok(Notice::Changed { installation, revision }) if follower.lacks(&installation, revision) => Wake::Refresh,
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => Wake::Refresh,
                Err(RecvError::Closed) => return,
            },
        };
        follower.look(wake).await;
    }
}

/// Ticks that begin after one period, and do not pile up behind a slow store.
fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

struct Follower {
    registry: Registry,
    check: Check,
    /// Whether the last look failed, which was told then.
    failing: bool,
}

impl Follower {
    /// Whether a change that was told is one that is not here yet.
    fn lacks(&self, installation: &str, revision: u64) -> bool {
        let mirror = &self.registry.mirror;
        mirror.installation().as_deref() == Some(installation)
            && mirror.snapshots().borrow().revision() < Some(revision)
    }

    async fn look(&mut self, wake: Wake) {
        let mirror = &self.registry.mirror;
        let result = match wake {
            Wake::Refresh => mirror.refresh().await,
            Wake::Verify => mirror.verify().await,
        };
        self.tell(result);
        self.show();
    }

    /// Once when it begins, once when it is over.
    fn tell(&mut self, result: Result<Refreshed, Error>) {
        let failed = result.is_err();
        match result {
            Ok(Refreshed { revision, changed, full }) => {
                if self.failing {
                    info!("the store answers again");
                }
                if full || changed > 0 {
                    debug!(revision, changed, full, "registry read again");
                }
            }
            Err(error) if self.failing => debug!(%error, "the store still cannot be asked"),
            Err(error) => {
                let error = explain(&error.into());
                warn!(error, "the store cannot be asked: going on with what is known of the registry");
            }
        }
        self.failing = failed;
    }

    fn show(&self) {
        if self.registry.mirror.is_stale() {
            self.check.set_degraded("stale: the store is away, and this process works with what it knew last");
        } else {
            self.check.set_ok();
        }
    }
}
