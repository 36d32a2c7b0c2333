//! Who else is there: this process tells which roles it has, from which installation and up to which revision; and it
//! hears the same of others.
//!
//! Two installations on one namespace would eat each other's events (each takes what the other's subscriptions want), so
//! the one that came later stops.

mod judge;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use barid_broker::control::Notice;
use barid_broker::roll_call::Present;
use barid_broker::{Road, roll_call};
use barid_registry::Snapshot;
use chrono::{DateTime, Utc};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tracing::{error, warn};

use super::Unusable;
use crate::roles::Role;
use judge::{Side, Verdict, judge};

/// How long others may take to answer before this process consumes.
const LOOK_AROUND: Duration = Duration::from_millis(500);

/// How long this process may take until it can call and hear them.
const IN_TOUCH_WITHIN: Duration = Duration::from_secs(5);

/// What processes that run from a file call their installation: they share the work with each other, and not with
/// those of a store, whose subscriptions they do not know.
pub(crate) const FROM_FILE: &str = "file";

/// All processes of the namespace that answer, this one too if it does.
pub(crate) async fn neighbours(road: &Road) -> Vec<Present> {
    let in_touch = async {
        road.control.listening().await;
        let _blocked = road.publisher.connected(IN_TOUCH_WITHIN).await;
    };
    // Without it nobody is found, and whoever is there finds us.
    let _late = timeout(IN_TOUCH_WITHIN, in_touch).await;
    roll_call::others(road, LOOK_AROUND).await
}

/// What tells this process from others of its host: its number, and a die for the time after a restart.
fn process_name(host: Option<&str>, pid: u32, die: u32) -> String {
    format!("{}-{pid}-{die:08x}", host.unwrap_or("unknown"))
}

/// This process, as others see it. Clones share it.
#[derive(Clone)]
pub(crate) struct Presence(Arc<Shared>);

struct Shared {
    process: String,
    roles: Vec<String>,
    /// Of the store once it is known, or [`FROM_FILE`].
    installation: OnceLock<String>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Milliseconds since 1970; 0 while it does not consume.
    since: AtomicI64,
    /// Wakes whoever tells others.
    changed: Notify,
}

impl Presence {
    /// A process that consumes nothing yet.
    pub(crate) fn new(host: Option<&str>, roles: &[Role], snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self(Arc::new(Shared {
            process: process_name(host, std::process::id(), fastrand::u32(..)),
            roles: roles.iter().map(ToString::to_string).collect(),
            installation: OnceLock::new(),
            snapshots,
            since: AtomicI64::new(0),
            changed: Notify::new(),
        }))
    }

    /// What this process works from, known from now on: the installation of a store, or [`FROM_FILE`]. It does not change.
    pub(crate) fn belongs_to(&self, installation: String) {
        // A second call finds the same one: the mirror refuses a store that has become another.
        let _known = self.0.installation.set(installation);
    }

    /// From now on this process consumes.
    pub(crate) fn consumes_since(&self, now: DateTime<Utc>) {
        self.0.since.store(now.timestamp_millis().max(1), Ordering::Relaxed);
        self.0.changed.notify_one();
    }

    /// The installation, if it is known.
    pub(crate) fn installation(&self) -> Option<&str> {
        self.0.installation.get().map(String::as_str)
    }

    /// What this process says of itself, as the answer to a call or by itself.
    fn notice(&self, call: Option<String>) -> Notice {
        let Shared { process, roles, installation, snapshots, since, .. } = &*self.0;
        Notice::Present {
            call,
            process: process.clone(),
            roles: roles.clone(),
            installation: installation.get().cloned(),
            revision: snapshots.borrow().revision(),
            since: since.load(Ordering::Relaxed),
        }
    }

    /// Decides about a process that was heard of.
    fn judge(&self, installation: Option<&str>, since: i64, process: &str) -> Verdict {
        if process == self.0.process {
            return Verdict::Nothing;
        }
        let ours = Side {
            installation: self.installation(),
            since: self.0.since.load(Ordering::Relaxed),
            process: &self.0.process,
        };
        judge(ours, Side { installation, since, process })
    }

    /// Looks whether another installation works here already.
    pub(crate) async fn look_around(&self, road: &Road) -> Result<(), Unusable> {
        let present = neighbours(road).await;
        present.iter().try_for_each(|other| self.admits(other.installation.as_deref(), other.since, &other.process))
    }

    fn admits(&self, installation: Option<&str>, since: i64, process: &str) -> Result<(), Unusable> {
        match self.judge(installation, since, process) {
            Verdict::Yield if installation == Some(FROM_FILE) => Err(Unusable::BesideAFile),
            Verdict::Yield => Err(Unusable::AnotherInstallation {
                other: installation.unwrap_or_default().to_owned(),
                ours: match self.installation() {
                    Some(FROM_FILE) => "this process runs from a file of subscriptions".to_owned(),
                    ours => format!("this process works for {}", ours.unwrap_or("none")),
                },
            }),
            Verdict::Nothing | Verdict::Complain => Ok(()),
        }
    }

    /// Tells others when something about this process changes, and answers them when they call; returns when this process
    /// has to stop, with the reason.
    pub(crate) async fn keep(self, road: Road) -> Unusable {
        let mut notices = road.control.notices();
        let mut snapshots = self.0.snapshots.clone();
        let mut has_sender = true;
        road.control.listening().await;
        road.control.tell(&self.notice(None));
        loop {
            tokio::select! {
                heard = notices.recv() => match heard {
                    Ok(Notice::RollCall { call }) => road.control.tell(&self.notice(Some(call))),
                    Ok(Notice::Present { process, installation, since, .. }) => {
                        if let Err(unusable) = self.admits(installation.as_deref(), since, &process) {
                            return unusable;
                        }
                        if self.judge(installation.as_deref(), since, &process) == Verdict::Complain {
                            error!(
                                process,
                                installation,
                                "a process of another installation consumes in this namespace, and takes events that are \
                                 ours: give it another broker.namespace, or the same store.url"
                            );
                            // It stops when it hears of us.
                            road.control.tell(&self.notice(None));
                        }
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(missed)) => warn!(missed, "notices were missed"),
                    // The road is closed: the process ends.
                    Err(RecvError::Closed) => return std::future::pending().await,
                },
                changed = snapshots.changed(), if has_sender => {
                    has_sender = changed.is_ok();
                    road.control.tell(&self.notice(None));
                }
                () = self.0.changed.notified() => road.control.tell(&self.notice(None)),
            }
        }
    }
}
