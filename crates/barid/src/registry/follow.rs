//! Keeps the mirror close to the store: whenever somebody says that something has changed, every ten seconds in case nobody
//! did, and by counting every five minutes in case both failed.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use barid_broker::Road;
use barid_broker::control::Notice;
use barid_store::{Error, Refreshed};
use barid_telemetry::Check;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::{debug, info, warn};

use super::{Registry, Unusable};
use crate::clock;
use crate::exit::explain;

/// How often the store is asked for changes when nobody tells of any.
const REFRESH_EVERY: Duration = Duration::from_secs(10);

/// How often everything is counted.
const VERIFY_EVERY: Duration = Duration::from_mins(5);

/// How long the store may fail to answer before `/readyz` says so: several refreshes.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What woke us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wake {
    /// Something has changed, or may have.
    Refresh,
    /// Notices may have been lost, or it is time to count.
    Verify,
}

/// Follows the store. `refresh` asks for a look now; `check` says what `/readyz` shows.
///
/// Returns when the store has become that of another installation: what is known of the registry is not its any more.
pub(crate) async fn follow(registry: Registry, road: Road, refresh: Arc<Notify>, check: Check) -> Unusable {
    let mut follower = Follower { registry, check, failing: false, asked: clock::now() };
    follower.show(follower.asked);
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
                    return pending().await;
                }
                Wake::Verify
            }
            heard = notices.recv() => match heard {
                Ok(Notice::Changed { installation, revision }) if follower.lacks(&installation, revision) => Wake::Refresh,
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => Wake::Refresh,
                Err(RecvError::Closed) => return pending().await,
            },
        };
        if let Err(unusable) = follower.look(wake).await {
            return unusable;
        }
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
    /// When the store answered last.
    asked: DateTime<Utc>,
}

/// What `/readyz` says of a registry that has been out of touch with its store for too long.
fn out_of_touch(asked: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    (now - asked > STALE_AFTER).then(|| {
        let since = asked.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("stale since {since}: the store cannot be asked, and this process works with what it knew then")
    })
}

impl Follower {
    /// Whether a change that was told is one that is not here yet.
    fn lacks(&self, installation: &str, revision: u64) -> bool {
        let mirror = &self.registry.mirror;
        mirror.installation().as_deref() == Some(installation)
            && mirror.snapshots().borrow().revision() < Some(revision)
    }

    async fn look(&mut self, wake: Wake) -> Result<(), Unusable> {
        let mirror = &self.registry.mirror;
        let result = match wake {
            Wake::Refresh => mirror.refresh().await,
            Wake::Verify => mirror.verify().await,
        };
        if let Err(error @ Error::OtherInstallation { .. }) = result {
            return Err(Unusable::Store(error));
        }
        let now = clock::now();
        if result.is_ok() {
            self.asked = now;
        }
        self.tell(result);
        self.show(now);
        Ok(())
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

    fn show(&self, now: DateTime<Utc>) {
        if self.registry.mirror.is_stale() {
            self.check.set_degraded("stale: the store is away, and this process works with what it knew last");
        } else if let Some(text) = out_of_touch(self.asked, now) {
            self.check.set_degraded(text);
        } else if self.registry.mirror.unreadable() > 0 {
            self.check
                .set_degraded("some of the registry cannot be read: the log names it; is its master key missing?");
        } else {
            self.check.set_ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_was_away_for_over_a_minute_is_told_of() {
        let asked = DateTime::UNIX_EPOCH;
        assert_eq!(out_of_touch(asked, asked + STALE_AFTER), None);
        let text = out_of_touch(asked, asked + STALE_AFTER + TimeDelta::seconds(1)).unwrap();
        assert!(text.contains("stale since 1970-01-01T00:00:00Z"), "{text}");
    }
}
