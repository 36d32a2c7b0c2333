//! What changed in the store since a snapshot was made.

use barid_event::{EventType, Tenant};

use crate::{event_type::EventTypeSettings, id::SubscriptionId, subscription::Subscription, tenant::TenantSettings};

/// What was put and what was removed, of each kind in the order in which it happened.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Of the subscriptions.
    pub subscriptions: Vec<Change<SubscriptionId, Subscription>>,
    /// Of the registered tenants.
    pub tenants: Vec<Change<Tenant, TenantSettings>>,
    /// Of the registered event types.
    pub event_types: Vec<Change<EventType, EventTypeSettings>>,
}

/// One change.
#[derive(Clone, Debug)]
pub enum Change<K, V> {
    /// It is there now, and says this.
    Put(V),
    /// It is not there any more.
    Removed(K),
}

impl Changes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.subscriptions.len() + self.tenants.len() + self.event_types.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What tells two states of the registry apart without comparing them: over subscriptions, registered tenants and event
/// types together. Paired with the revision, equal means the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many there are.
    pub count: u64,
    /// The sum of the revisions at which each last changed, wrapping.
    pub sum: u64,
}

impl Digest {
    pub(super) fn add(&mut self, revision: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(revision);
    }

    pub(super) fn remove(&mut self, revision: u64) {
        self.count -= 1;
        self.sum = self.sum.wrapping_sub(revision);
    }
}
