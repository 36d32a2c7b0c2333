//! The API keys that are not revoked, in memory, so that no request of a client waits for the database.

use std::{collections::HashMap, sync::Arc};

use barid_registry::{Change, Digest};

use crate::api_key::{ApiKey, KeyId};

/// The keys that are not revoked. Whether one has expired is for the caller to say, who has a clock.
#[derive(Clone, Debug, Default)]
pub struct Keyring(HashMap<KeyId, Arc<ApiKey>>);

impl Keyring {
    /// The key of this id.
    pub fn get(&self, id: &KeyId) -> Option<&Arc<ApiKey>> {
        self.0.get(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These keys after some changes.
    pub(crate) fn with(&self, changes: Vec<Change<KeyId, ApiKey>>) -> Self {
        let mut keys = self.0.clone();
        for change in changes {
            match change {
                Change::Put(key) => _ = keys.insert(key.id.clone(), Arc::new(key)),
                Change::Removed(id) => _ = keys.remove(&id),
            }
        }
        Self(keys)
    }

    /// How many there are, and the sum of their revisions.
    pub(crate) fn digest(&self) -> Digest {
        Digest { count: self.0.len() as u64, sum: self.0.values().map(|key| key.revision).sum() }
    }
}
