//! The sources in memory, found by the token in a URL, so that no provider waits for the database.

use std::{collections::HashMap, fmt, sync::Arc};

use barid_inbound::Source;
use barid_registry::{
    Change, Digest,
    source::{SourceId, SourceTokens, TokenHash},
};
use chrono::{DateTime, Utc};

/// A source, ready to receive.
pub struct ReadySource {
    /// Its identifier.
    pub id: SourceId,
    /// What becomes of requests.
    pub source: Source,
    /// What its URL ends in, hashed.
    pub tokens: SourceTokens,
    /// Of its last change.
    pub revision: u64,
}

/// All sources.
#[derive(Clone, Debug, Default)]
pub struct SourceBook {
    by_id: HashMap<SourceId, Arc<ReadySource>>,
    by_token: HashMap<TokenHash, SourceId>,
}

impl ReadySource {
    fn hashes(&self) -> impl Iterator<Item = &TokenHash> {
        let SourceTokens { current, previous } = &self.tokens;
        std::iter::once(current).chain(previous.as_ref().map(|(hash, _)| hash))
    }
}

impl fmt::Debug for ReadySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySource").field("id", &self.id).field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl SourceBook {
    /// The source that answers to this token at this time. What is compared is a hash, so that how long it takes tells
    /// nothing of a token.
    pub fn find(&self, token: &TokenHash, now: DateTime<Utc>) -> Option<&Arc<ReadySource>> {
        let found = self.by_token.get(token).and_then(|id| self.by_id.get(id))?;
        found.tokens.accept(token, now).then_some(found)
    }

    /// The source of this id.
    pub fn get(&self, id: &SourceId) -> Option<&Arc<ReadySource>> {
        self.by_id.get(id)
    }

    /// These sources after some changes.
    pub(crate) fn with(&self, changes: Vec<Change<SourceId, ReadySource>>) -> Self {
        let mut book = self.clone();
        for change in changes {
            let (id, fresh) = match change {
                Change::Put(source) => (source.id.clone(), Some(source)),
                Change::Removed(id) => (id, None),
            };
            if let Some(before) = book.by_id.remove(&id) {
                before.hashes().for_each(|hash| _ = book.by_token.remove(hash));
            }
            if let Some(fresh) = fresh {
                book.by_token.extend(fresh.hashes().map(|hash| (hash.clone(), id.clone())));
                book.by_id.insert(id, Arc::new(fresh));
            }
        }
        book
    }

    /// How many there are, and the sum of their revisions.
    pub(crate) fn digest(&self) -> Digest {
        Digest { count: self.by_id.len() as u64, sum: self.by_id.values().map(|source| source.revision).sum() }
    }
}
