//! Taking rows over into memory and onto disk: all of them, those that changed, or those of the copy.

use std::{io, mem, panic, sync::Arc};

use barid_registry::{Change, Changes, Snapshot};
use tokio::task;

use super::{
    Mirror, Refreshed, State,
    compile::{self, Compiled, Skipped},
    copy::{Contents, Copy, Rewrite},
    place::Home,
};
use crate::{
    error::Error,
    keyring::Keyring,
    record::{KINDS, Record},
    since::{BATCH, Reader},
    source_book::SourceBook,
};

/// What a batch of rows becomes: the copy with them in it, if one is written, and what they compile to.
type Batch = (Option<Rewrite>, Compiled);

impl Mirror {
    /// Loads everything. While one batch of rows is compiled and written to the copy, the next is read.
    pub(super) async fn load(&self, state: &mut State, mut reader: Reader) -> Result<Refreshed, Error> {
        // The old copy is not appended to any more, whatever becomes of this.
        state.copy = None;
        state.doubt = true;
        let mut all = Compiled::default();
        let mut batch = task::spawn_blocking({
            let rewrite = self.rewrite(&reader.installation);
            move || (rewrite(), Compiled::default())
        });
        for kind in KINDS {
            let mut after = String::new();
            loop {
                let records = reader.live(kind, &after).await?;
                let last = records.len() < BATCH;
                if let Some(record) = records.last() {
                    after.clone_from(&record.id);
                }
                let (rewrite, compiled) = join(batch).await?;
                all.absorb(compiled);
                batch = self.compile(rewrite, records);
                if last {
                    break;
                }
            }
        }
        let (rewrite, compiled) = join(batch).await?;
        all.absorb(compiled);
        let (revision, changed) = (reader.revision, all.read.len());
        // The moment of the store is not needed any more, and compiling takes its time.
        drop(reader);
        state.skipped = mem::take(&mut all.skipped);
        let (snapshot, keyring, sources) = join(task::spawn_blocking(move || everything(all, revision))).await??;
        self.publish(&state.skipped, snapshot, Some(keyring), Some(sources));
        state.copy = finish(rewrite, revision).await?;
        state.doubt = self.copy.is_some() && state.copy.is_none();
        Ok(Refreshed { revision, changed, full: true })
    }

    /// Takes over what changed since a revision. Returns how many rows did.
    pub(super) async fn follow(&self, state: &mut State, reader: &mut Reader, known: u64) -> Result<usize, Error> {
        let records = reader.since(known).await?;
        let (changed, revision) = (records.len(), reader.revision);
        let (before, keys) = (Arc::clone(&self.snapshots.borrow()), self.store.keys.clone());
        let written = records.clone();
        let work = move || {
            let mut compiled = Compiled::of(&keys, records);
            let snapshot = before.with(mem::take(&mut compiled.changes), revision);
            (snapshot, compiled)
        };
        let (snapshot, compiled) = join(task::spawn_blocking(work)).await?;
        for row in &compiled.read {
            state.skipped.remove(row);
        }
        state.skipped.extend(compiled.skipped);
        let keyring = (!compiled.keys.is_empty()).then(|| self.keyring.borrow().with(compiled.keys));
        let sources = (!compiled.sources.is_empty()).then(|| self.sources.borrow().with(compiled.sources));
        self.publish(&state.skipped, snapshot, keyring, sources);
        if let Some(mut copy) = state.copy.take() {
            let append = move || copy.append(&written, revision).map(|()| copy);
            state.copy = join(task::spawn_blocking(append)).await?.map_err(warn).ok();
            state.doubt |= state.copy.is_none();
        }
        Ok(changed)
    }

    /// Starts from the copy, if there is a usable one.
    pub(super) async fn start_from_copy(&self, state: &mut State) -> bool {
        let Some(home) = self.copy.clone() else { return false };
        let keys = self.store.keys.clone();
        let work = move || {
            let contents = Contents::newest(home.paths(), &keys).map_err(io::Error::other)?;
            // It may be another process's, and torn at its end.
            let copy = home.own().and_then(|own| contents.write(own, &keys)).map_err(warn).ok();
            let mut all = Compiled::of(&keys, contents.records);
            let skipped = mem::take(&mut all.skipped);
            let made = everything(all, contents.revision).map_err(io::Error::other)?;
            Ok((copy, contents.installation, skipped, made))
        };
        match join(task::spawn_blocking(work)).await {
            Ok(Ok((copy, installation, skipped, (snapshot, keyring, sources)))) => {
                // The store may have said whose it is before it went away.
                if *self.installation.get_or_init(|| installation.clone()) != installation {
                    tracing::warn!(installation, "the copy of the registry is another installation's: not used");
                    return false;
                }
                state.skipped = skipped;
                state.doubt |= copy.is_none();
                state.copy = copy;
                self.publish(&state.skipped, snapshot, Some(keyring), Some(sources));
                true
            }
            Ok(Err(error)) => {
                warn(error);
                false
            }
            Err(_) => false,
        }
    }

    /// Shows the world what is new, and of which subscriptions nobody here may say that they are gone.
    fn publish(&self, skipped: &Skipped, snapshot: Snapshot, keyring: Option<Keyring>, sources: Option<SourceBook>) {
        // Keys and sources first: who has seen a revision may use those of that revision.
        if let Some(keyring) = keyring {
            self.keyring.send_replace(Arc::new(keyring));
        }
        if let Some(sources) = sources {
            self.sources.send_replace(Arc::new(sources));
        }
        self.snapshots.send_replace(Arc::new(snapshot.beside(compile::subscriptions(skipped))));
    }

    /// Begins to write the copy anew. A copy that cannot be written is no reason to stop.
    fn rewrite(&self, installation: &str) -> impl FnOnce() -> Option<Rewrite> + Send + 'static {
        let (home, keys, installation) = (self.copy.clone(), self.store.keys.clone(), installation.to_owned());
        let begin = move |home: Arc<Home>| Rewrite::begin(home.own()?, &keys, &installation);
        move || home.and_then(|home| begin(home).map_err(warn).ok())
    }

    fn compile(&self, rewrite: Option<Rewrite>, records: Vec<Record>) -> task::JoinHandle<Batch> {
        let keys = self.store.keys.clone();
        task::spawn_blocking(move || {
            let written = rewrite.map(|mut rewrite| rewrite.add(&records).map(|()| rewrite));
            let rewrite = written.and_then(|written| written.map_err(warn).ok());
            (rewrite, Compiled::of(&keys, records))
        })
    }
}

/// A snapshot, a keyring and the sources of all rows.
fn everything(all: Compiled, revision: u64) -> Result<(Snapshot, Keyring, SourceBook), Error> {
    let Changes { subscriptions, tenants, event_types } = all.changes;
    let live = subscriptions.into_iter().filter_map(|change| match change {
        Change::Put(subscription) => Some(subscription),
        Change::Removed(_) => None,
    });
    let snapshot = Snapshot::compile(live.collect(), Some(revision)).map_err(Error::corrupt)?;
    let rest = Changes { subscriptions: Vec::new(), tenants, event_types };
    let (keyring, sources) = (Keyring::default().with(all.keys), SourceBook::default().with(all.sources));
    Ok((snapshot.with(rest, revision), keyring, sources))
}

async fn finish(rewrite: Option<Rewrite>, revision: u64) -> Result<Option<Copy>, Error> {
    let Some(rewrite) = rewrite else { return Ok(None) };
    Ok(join(task::spawn_blocking(move || rewrite.finish(revision))).await?.map_err(warn).ok())
}

/// What the work came to. A panic goes on in the caller.
async fn join<T>(work: task::JoinHandle<T>) -> Result<T, Error> {
    work.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic::resume_unwind(panic),
        // The runtime is shutting down.
        Err(cancelled) => Error::Unavailable(cancelled.into()),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "fits `map_err`")]
fn warn(error: io::Error) {
    tracing::warn!(error = &error as &dyn std::error::Error, "the copy of the registry on disk cannot be used");
}
