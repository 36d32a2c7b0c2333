//! Everything registered, at one moment, ready to be asked. Immutable: a reload compiles another and swaps it in, so no
//! reader ever waits or sees half a change.

use std::{collections::HashMap, sync::Arc};

use barid_event::{EventType, Tenant};

use crate::{
    id::SubscriptionId,
    subscription::Subscription,
    trie::{Scratch, Trie},
};

/// The subscriptions of every tenant, by identifier and by what they match.
#[derive(Debug, Default)]
pub struct Snapshot {
    revision: Option<u64>,
    subscriptions: Vec<Arc<Subscription>>,
    by_id: HashMap<SubscriptionId, usize>,
    by_tenant: HashMap<Tenant, Trie>,
}

/// Two subscriptions have the same identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("subscription {0} is there twice: remove one")]
pub struct DuplicateId(pub SubscriptionId);

impl Snapshot {
    /// A snapshot of these subscriptions, at the `revision` of the store, or `None` if they come from a file.
    pub fn compile(subscriptions: Vec<Subscription>, revision: Option<u64>) -> Result<Self, DuplicateId> {
        let mut snapshot = Self { revision, ..Self::default() };
        for subscription in subscriptions {
            let number = snapshot.subscriptions.len();
            if snapshot.by_id.insert(subscription.id.clone(), number).is_some() {
                return Err(DuplicateId(subscription.id));
            }
            let trie = snapshot.by_tenant.entry(subscription.tenant.clone()).or_default();
            for pattern in &subscription.patterns {
                trie.insert(pattern, number);
            }
            snapshot.subscriptions.push(Arc::new(subscription));
        }
        Ok(snapshot)
    }

    /// The revision of the store it was read at, or `None` if it comes from a file.
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// The subscription of this identifier.
    pub fn get(&self, id: &str) -> Option<&Arc<Subscription>> {
        self.by_id.get(id).map(|&number| &self.subscriptions[number])
    }

    /// How many tenants have subscriptions.
    pub fn tenants(&self) -> usize {
        self.by_tenant.len()
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.subscriptions.is_empty()
    }

    /// All subscriptions, in the order they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Subscription>> {
        self.subscriptions.iter()
    }

    /// The tenant's subscriptions that want events of this type, each once, always in the same order for the same snapshot
    /// and type.
    ///
    /// Called for every event. `scratch` is the caller's to keep, for any snapshot and tenant: a call allocates only when
    /// it needs more of it than any before.
    pub fn matching<'a>(
        &'a self,
        tenant: &Tenant,
        event_type: &EventType,
        scratch: &'a mut Scratch,
    ) -> impl ExactSizeIterator<Item = &'a Arc<Subscription>> {
        match self.by_tenant.get(tenant) {
            Some(trie) => trie.walk(event_type, scratch),
            None => scratch.found.clear(),
        }
        scratch.found.iter().map(|&number| &self.subscriptions[number])
    }
}

#[cfg(test)]
mod tests;
