//! The registry as a process works with it: in memory, following the store, with a copy on disk for the day the store is
//! away. Routers, dispatchers and gateways hold what [`Mirror::snapshots`] and [`Mirror::keyring`] give and never wait for
//! a database.

mod compile;
mod copy;
mod load;
mod place;

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use barid_registry::Snapshot;
use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};

use self::{
    compile::{Known, Skipped},
    copy::Copy,
    place::Home,
};
use crate::{error::Error, keyring::Keyring, metrics::Metrics, since::Reader, source_book::SourceBook, store::Store};

/// The registry in memory.
#[derive(Debug)]
pub struct Mirror {
    store: Store,
    copy: Option<Arc<Home>>,
    metrics: Metrics,
    snapshots: watch::Sender<Arc<Snapshot>>,
    keyring: watch::Sender<Arc<Keyring>>,
    sources: watch::Sender<Arc<SourceBook>>,
    installation: OnceLock<String>,
    /// Started from the copy, and has not seen the store since.
    stale: AtomicBool,
    /// How many rows are left out.
    unreadable: AtomicUsize,
    state: Mutex<State>,
}

/// What only the refresh in progress touches.
#[derive(Debug, Default)]
struct State {
    skipped: Skipped,
    copy: Option<Copy>,
    /// What is in memory and on disk may not be what it should be: the next verification loads everything.
    doubt: bool,
}

/// What a look at the store came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The revision this process is at now.
    pub revision: u64,
    /// How many rows were taken over.
    pub changed: usize,
    /// Whether everything was loaded.
    pub full: bool,
}

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// What is new since the last time.
    News,
    /// And whether the rest is as the store has it.
    Everything,
}

impl Mirror {
    /// A mirror of the store, empty until it is started; `copy` is the file in which it keeps its copy, if any: with
    /// a number at its end where another process has that file, and a lock file beside it.
    pub fn new(store: Store, copy: Option<PathBuf>, metrics: Metrics) -> Self {
        Self {
            store,
            copy: copy.map(|path| Arc::new(Home::new(path))),
            metrics,
            snapshots: watch::Sender::new(Arc::default()),
            keyring: watch::Sender::new(Arc::default()),
            sources: watch::Sender::new(Arc::default()),
            installation: OnceLock::new(),
            stale: AtomicBool::new(false),
            unreadable: AtomicUsize::new(0),
            state: Mutex::default(),
        }
    }

    /// Makes the store ready and loads everything. If the store is away, starts from the copy, and is stale until the
    /// store is back; if there is none, [`Error::Unavailable`].
    pub async fn start(&self) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        let started = Instant::now();
        let error = match self.first(&mut state).await {
            Ok(refreshed) => {
                self.succeeded(&refreshed, &state, started);
                return Ok(());
            }
            Err(error) => error,
        };
        self.metrics.registry_refreshes_total.with_label_values(&["failed"]).inc();
        if !matches!(error, Error::Unavailable(_)) || !self.start_from_copy(&mut state).await {
            return Err(error);
        }
        self.set_stale(true);
        self.show(&state);
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            revision = self.snapshots.borrow().revision(),
            "the store is away: working with the last copy of the registry"
        );
        Ok(())
    }

    /// Takes over what changed in the store; loads everything if that is not known any more.
    ///
    /// On an error this process goes on with what it has.
    pub async fn refresh(&self) -> Result<Refreshed, Error> {
        self.look(Care::News).await
    }

    /// As [`Mirror::refresh`], and compares count and sum of revisions with the store's: a difference, made by a restored
    /// backup, a hand in the database or a mistake of ours, loads everything.
    pub async fn verify(&self) -> Result<Refreshed, Error> {
        self.look(Care::Everything).await
    }

    /// The registry, now and after each change.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// The API keys, now and after each change.
    pub fn keyring(&self) -> watch::Receiver<Arc<Keyring>> {
        self.keyring.subscribe()
    }

    /// The sources, now and after each change.
    pub fn sources(&self) -> watch::Receiver<Arc<SourceBook>> {
        self.sources.subscribe()
    }

    /// Whose registry it is; none before the start.
    pub fn installation(&self) -> Option<String> {
        self.installation.get().cloned()
    }

    /// Whether it was started from the copy and has not seen the store since.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }

    /// How many entries of the registry this process cannot read and leaves out; the log names them. Sealed with a master
    /// key that it has not, or damaged.
    pub fn unreadable(&self) -> usize {
        self.unreadable.load(Ordering::Relaxed)
    }

    async fn look(&self, care: Care) -> Result<Refreshed, Error> {
        let mut state = self.state.lock().await;
        let started = Instant::now();
        let looked = if self.installation.get().is_none() || self.is_stale() {
            self.first(&mut state).await
        } else {
            self.next(&mut state, care).await
        };
        match &looked {
            Ok(refreshed) => self.succeeded(refreshed, &state, started),
            Err(_) => self.metrics.registry_refreshes_total.with_label_values(&["failed"]).inc(),
        }
        looked
    }

    /// The first look at a store that may not be ready, and at which nothing has been verified.
    async fn first(&self, state: &mut State) -> Result<Refreshed, Error> {
        self.store.prepare().await?;
        if self.is_stale() {
            self.next(state, Care::Everything).await
        } else {
            let reader = self.reader().await?;
            self.load(state, reader).await
        }
    }

    async fn next(&self, state: &mut State, care: Care) -> Result<Refreshed, Error> {
        let mut reader = self.reader().await?;
        let known = self.snapshots.borrow().revision().unwrap_or(0);
        // A store that has gone back was restored from a backup.
        if reader.revision < known || known < reader.floor {
            return self.load(state, reader).await;
        }
        let changed = if reader.revision == known { 0 } else { self.follow(state, &mut reader, known).await? };
        if care == Care::Everything {
            let known = Known {
                snapshot: Arc::clone(&self.snapshots.borrow()),
                keyring: Arc::clone(&self.keyring.borrow()),
                sources: Arc::clone(&self.sources.borrow()),
            };
            let differs = reader.digests().await? != known.digests(&state.skipped);
            if differs {
                self.metrics.registry_mismatches_total.inc();
                tracing::warn!(
                    revision = reader.revision,
                    "the registry in memory is not the one in the store: loading all of it"
                );
            }
            if differs || state.doubt {
                return self.load(state, reader).await;
            }
        }
        Ok(Refreshed { revision: reader.revision, changed, full: false })
    }

    /// One moment of the store, if it is the store of our installation.
    async fn reader(&self) -> Result<Reader, Error> {
        let reader = self.store.reader().await?;
        let expected = self.installation.get_or_init(|| reader.installation.clone());
        if *expected == reader.installation {
            Ok(reader)
        } else {
            Err(Error::OtherInstallation { expected: expected.clone(), found: reader.installation })
        }
    }

    fn set_stale(&self, stale: bool) {
        self.stale.store(stale, Ordering::Relaxed);
        self.metrics.registry_stale.set(stale.into());
    }

    fn succeeded(&self, refreshed: &Refreshed, state: &State, started: Instant) {
        self.set_stale(false);
        let kind = match refreshed {
            Refreshed { full: true, .. } => "full",
            Refreshed { changed: 0, .. } => "none",
            _ => "incremental",
        };
        self.metrics.registry_refreshes_total.with_label_values(&[kind]).inc();
        self.metrics.registry_refresh_duration_seconds.observe(started.elapsed().as_secs_f64());
        #[expect(clippy::disallowed_methods, reason = "a mirror is a shell: nothing is decided by this time")]
        let now = chrono::Utc::now();
        self.metrics.registry_last_refresh_timestamp_seconds.set(now.timestamp());
        self.show(state);
    }

    fn show(&self, state: &State) {
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let snapshot = self.snapshots.borrow();
        self.metrics.registry_revision.set(i64::try_from(snapshot.revision().unwrap_or(0)).unwrap_or(i64::MAX));
        self.metrics.registry_subscriptions.set(gauge(snapshot.len()));
        self.unreadable.store(state.skipped.len(), Ordering::Relaxed);
        self.metrics.registry_unreadable.set(gauge(state.skipped.len()));
    }
}
