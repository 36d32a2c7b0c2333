//! From rows to what a process works with. CPU only: seals are opened, documents read, subscriptions compiled. A row that
//! cannot be is skipped, and never stops the rest.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use barid_inbound::Source;
use barid_registry::{
    Change, Changes, Digest, EventTypeSettings, Settings, Snapshot, Subscription, TenantSettings,
    source::{SourceId, SourceSettings, SourceTokens, TokenHash},
};

use crate::{
    api_key::{ApiKey, KeyId},
    documents::Document,
    error::Error,
    keyring::Keyring,
    master_key::MasterKeys,
    record::{Content, Kind, Record},
    sealed,
    source_book::{ReadySource, SourceBook},
    subscriptions::Registered,
};

/// Rows that could not be read, and their revisions.
pub(super) type Skipped = HashMap<(Kind, String), u64>;

/// The subscriptions among them, by their identifiers.
pub(super) fn subscriptions(skipped: &Skipped) -> HashSet<Box<str>> {
    let ids = skipped.keys().filter(|(kind, _)| *kind == Kind::Subscription);
    ids.map(|(_, id)| Box::from(id.as_str())).collect()
}

/// Rows, compiled.
#[derive(Default)]
pub(super) struct Compiled {
    pub(super) changes: Changes,
    pub(super) keys: Vec<Change<KeyId, ApiKey>>,
    pub(super) sources: Vec<Change<SourceId, ReadySource>>,
    pub(super) skipped: Skipped,
    /// The rows that are fine, or gone.
    pub(super) read: Vec<(Kind, String)>,
}

impl Compiled {
    pub(super) fn of(keys: &MasterKeys, records: Vec<Record>) -> Self {
        let mut compiled = Self::default();
        for record in records {
            match compiled.add(keys, &record) {
                Ok(()) => compiled.read.push((record.kind, record.id)),
                Err(error) => {
                    tracing::warn!(entry.kind = record.kind.as_str(), entry.id = record.id, %error, "an entry of the registry is left out");
                    compiled.skipped.insert((record.kind, record.id), record.revision);
                }
            }
        }
        compiled
    }

    /// Adds what others were compiled to.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.changes.subscriptions.append(&mut other.changes.subscriptions);
        self.changes.tenants.append(&mut other.changes.tenants);
        self.changes.event_types.append(&mut other.changes.event_types);
        self.keys.append(&mut other.keys);
        self.sources.append(&mut other.sources);
        self.read.append(&mut other.read);
        self.skipped.extend(other.skipped);
    }

    fn add(&mut self, keys: &MasterKeys, record: &Record) -> Result<(), Error> {
        let id = record.id.as_str();
        let unreadable = || Error::corrupt(format_args!("{} {id:?}", record.kind.as_str()));
        match record.kind {
            Kind::Subscription => self.changes.subscriptions.push(match &record.content {
                None => Change::Removed(id.parse().map_err(|_| unreadable())?),
                Some(_) => Change::Put(subscription(keys, record)?),
            }),
            Kind::Tenant => self.changes.tenants.push(match &record.content {
                None => Change::Removed(id.parse().map_err(|_| unreadable())?),
                Some(_) => Change::Put(document::<TenantSettings>(record).ok_or_else(unreadable)?),
            }),
            Kind::EventType => self.changes.event_types.push(match &record.content {
                None => Change::Removed(id.parse().map_err(|_| unreadable())?),
                Some(_) => Change::Put(document::<EventTypeSettings>(record).ok_or_else(unreadable)?),
            }),
            Kind::Source => self.sources.push(match &record.content {
                None => Change::Removed(id.parse().map_err(|_| unreadable())?),
                Some(_) => Change::Put(source(keys, record)?),
            }),
            Kind::Key => self.keys.push(match &record.content {
                None => Change::Removed(id.parse().map_err(|_| unreadable())?),
                Some(Content::Key(key)) => Change::Put((**key).clone()),
                Some(_) => return Err(unreadable()),
            }),
        }
        Ok(())
    }
}

fn subscription(keys: &MasterKeys, record: &Record) -> Result<Subscription, Error> {
    let unreadable = || Error::corrupt(format_args!("subscription {:?}", record.id));
    let Some(Content::Subscription { document, paused, lane }) = &record.content else { return Err(unreadable()) };
    let settings = sealed::read::<Settings>(keys, &record.id, document)?;
    let lane = lane.parse().map_err(|_| unreadable())?;
    Ok(Registered { settings, paused: *paused, lane }.compile(record.revision))
}

fn source(keys: &MasterKeys, record: &Record) -> Result<ReadySource, Error> {
    let unreadable = || Error::corrupt(format_args!("source {:?}", record.id));
    let Some(Content::Source { document, token, previous }) = &record.content else { return Err(unreadable()) };
    let settings = sealed::read::<SourceSettings>(keys, &record.id, document)?;
    let hash = |text: &str| text.parse::<TokenHash>().map_err(|_| unreadable());
    let previous = previous.as_ref().map(|(token, until)| Ok::<_, Error>((hash(token)?, *until))).transpose()?;
    let (id, tokens) = (settings.id(), SourceTokens { current: hash(token)?, previous });
    let source = Source::compile(Arc::new(settings)).map_err(|_| unreadable())?;
    Ok(ReadySource { id, source, tokens, revision: record.revision })
}

fn document<D: Document>(record: &Record) -> Option<D> {
    let Some(Content::Document(text)) = &record.content else { return None };
    let read = D::read(&serde_json::from_str(text).ok()?, record.revision)?;
    // One under another's id would not be found, and not be removed.
    (read.id() == record.id).then_some(read)
}

/// What a process has in memory.
pub(super) struct Known {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) sources: Arc<SourceBook>,
}

impl Known {
    /// The digests of everything but keys, and of the keys, as the store counts them: with the rows that were skipped.
    pub(super) fn digests(&self, skipped: &Skipped) -> (Digest, Digest) {
        let Self { snapshot, keyring, sources } = self;
        let (mut entries, mut keys, sourced) = (snapshot.digest(), keyring.digest(), sources.digest());
        entries.count += sourced.count;
        entries.sum = entries.sum.wrapping_add(sourced.sum);
        for ((kind, id), revision) in skipped {
            let old = match kind {
                Kind::Subscription => snapshot.get(id).map(|found| found.revision),
                Kind::Tenant => id.parse().ok().and_then(|id| snapshot.tenant(&id)).map(|found| found.revision),
                Kind::EventType => id.parse().ok().and_then(|id| snapshot.event_type(&id)).map(|found| found.revision),
                Kind::Source => id.parse().ok().and_then(|id| sources.get(&id)).map(|found| found.revision),
                Kind::Key => id.parse().ok().and_then(|id| keyring.get(&id)).map(|found| found.revision),
            };
            let digest = if *kind == Kind::Key { &mut keys } else { &mut entries };
            // What was known before it could not be read any more is still there, at its older revision.
            digest.count += u64::from(old.is_none());
            digest.sum = digest.sum.wrapping_sub(old.unwrap_or(0)).wrapping_add(*revision);
        }
        (entries, keys)
    }
}
