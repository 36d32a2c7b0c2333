//! Everything registered, at one moment, ready to be asked. Immutable: a change gives another snapshot, which shares with
//! the old one what did not change, so that no reader ever waits or sees half a change.

mod changes;
mod index;
mod shards;

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use barid_event::{EventType, Tenant};

pub use self::changes::{Change, Changes, Digest};
use self::{
    index::{Index, Touched},
    shards::Shards,
};
use crate::{
    event_type::EventTypeSettings, id::SubscriptionId, lane::OwnLane, subscription::Subscription,
    tenant::TenantSettings, trie::Scratch,
};

/// The subscriptions of every tenant, by identifier and by what they match; the tenants and event types that are
/// registered.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    revision: Option<u64>,
    digest: Digest,
    by_id: Shards<SubscriptionId, Arc<Subscription>>,
    by_tenant: Shards<Tenant, Arc<Index>>,
    own_lanes: Arc<BTreeMap<SubscriptionId, Arc<Subscription>>>,
    tenants: Shards<Tenant, Arc<TenantSettings>>,
    event_types: Shards<EventType, Arc<EventTypeSettings>>,
    /// Subscriptions that are registered and cannot be read here.
    unreadable: Arc<HashSet<Box<str>>>,
}

/// Two subscriptions have the same identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("subscription {0} is there twice: remove one")]
pub struct DuplicateId(pub SubscriptionId);

impl Snapshot {
    /// A snapshot of these subscriptions, at the `revision` of the store, or `None` if they come from a file. No tenants
    /// and no event types are registered in it.
    pub fn compile(subscriptions: Vec<Subscription>, revision: Option<u64>) -> Result<Self, DuplicateId> {
        let mut snapshot = Self { revision, ..Self::default() };
        let mut touched = HashMap::new();
        for subscription in subscriptions {
            if let Some(twice) = snapshot.put(subscription, &mut touched) {
                return Err(DuplicateId(twice.id.clone()));
            }
        }
        snapshot.index(touched);
        Ok(snapshot)
    }

    /// The snapshot after these changes, at this revision of the store. Costs about what the tenants whose subscriptions
    /// changed have, and shares the rest.
    #[must_use]
    pub fn with(&self, changes: Changes, revision: u64) -> Self {
        let mut snapshot = Self { revision: Some(revision), ..self.clone() };
        let mut touched = HashMap::new();
        for change in changes.subscriptions {
            match change {
                Change::Put(subscription) => _ = snapshot.put(subscription, &mut touched),
                Change::Removed(id) => snapshot.remove(&id, &mut touched),
            }
        }
        snapshot.index(touched);
        let digest = &mut snapshot.digest;
        apply(&mut snapshot.tenants, changes.tenants, digest, |tenant| (tenant.id.clone(), tenant.revision));
        apply(&mut snapshot.event_types, changes.event_types, digest, |settings| {
            (settings.event_type.clone(), settings.revision)
        });
        snapshot
    }

    /// The same snapshot, which knows that these subscriptions and no others are registered without being readable here, by
    /// their identifiers.
    #[must_use]
    pub fn beside(self, unreadable: HashSet<Box<str>>) -> Self {
        Self { unreadable: Arc::new(unreadable), ..self }
    }

    /// Puts a subscription in, except into its tenant's index; returns the one it takes the place of.
    fn put(
        &mut self,
        mut subscription: Subscription,
        touched: &mut HashMap<Tenant, Touched>,
    ) -> Option<Arc<Subscription>> {
        let tenant = touched.entry(subscription.tenant.clone());
        // All subscriptions of a tenant share one text of it.
        subscription.tenant = tenant.key().clone();
        let subscription = Arc::new(subscription);
        tenant.or_default().insert(subscription.id.clone(), Some(Arc::clone(&subscription)));
        self.digest.add(subscription.revision);
        self.own_lane(&subscription.id, Some(&subscription));
        let before = self.by_id.insert(subscription.id.clone(), Arc::clone(&subscription));
        if let Some(before) = &before {
            self.digest.remove(before.revision);
            if before.tenant != subscription.tenant {
                touched.entry(before.tenant.clone()).or_default().insert(before.id.clone(), None);
            }
        }
        before
    }

    fn remove(&mut self, id: &SubscriptionId, touched: &mut HashMap<Tenant, Touched>) {
        if let Some(before) = self.by_id.remove(id.as_str()) {
            self.digest.remove(before.revision);
            self.own_lane(id, None);
            touched.entry(before.tenant.clone()).or_default().insert(before.id.clone(), None);
        }
    }

    fn own_lane(&mut self, id: &SubscriptionId, subscription: Option<&Arc<Subscription>>) {
        match subscription.filter(|subscription| subscription.lane != OwnLane::None) {
            Some(subscription) => _ = Arc::make_mut(&mut self.own_lanes).insert(id.clone(), Arc::clone(subscription)),
            // Asks first, since changing copies.
            None if self.own_lanes.contains_key(id) => _ = Arc::make_mut(&mut self.own_lanes).remove(id),
            None => {}
        }
    }

    /// Builds the indexes of the tenants whose subscriptions changed.
    fn index(&mut self, touched: HashMap<Tenant, Touched>) {
        for (tenant, touched) in touched {
            match Index::after(self.by_tenant.get(tenant.as_str()).map(Arc::as_ref), &touched) {
                Some(index) => _ = self.by_tenant.insert(tenant, Arc::new(index)),
                None => _ = self.by_tenant.remove(tenant.as_str()),
            }
        }
    }

    /// The revision of the store it was read at, or `None` if it comes from a file.
    pub fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// What tells it apart from others.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The subscription of this identifier.
    pub fn get(&self, id: &str) -> Option<&Arc<Subscription>> {
        self.by_id.get(id)
    }

    /// The revision at which no subscription of this identifier is registered. `None` if one is, readable here or not, and
    /// if the subscriptions come from a file, which proves nothing.
    pub fn absent_at(&self, id: &str) -> Option<u64> {
        let registered = self.by_id.get(id).is_some() || self.unreadable.contains(id);
        self.revision.filter(|_| !registered)
    }

    /// The subscription of a tenant with this identifier, or this name.
    pub fn find(&self, tenant: &Tenant, id_or_name: &str) -> Option<&Arc<Subscription>> {
        let by_id = self.get(id_or_name).filter(|found| found.tenant == *tenant);
        by_id.or_else(|| self.get(SubscriptionId::derive(tenant, &id_or_name.parse().ok()?).as_str()))
    }

    /// How many tenants have subscriptions.
    pub fn tenants(&self) -> usize {
        self.by_tenant.len()
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are no subscriptions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All subscriptions, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Subscription>> {
        self.by_id.iter()
    }

    /// The subscriptions of a tenant, in the order of their identifiers.
    pub fn of_tenant(&self, tenant: &Tenant) -> &[Arc<Subscription>] {
        self.by_tenant.get(tenant.as_str()).map_or(&[], |index| index.subscriptions())
    }

    /// The subscriptions that have a lane of their own, open or retiring, in the order of their identifiers.
    pub fn own_lanes(&self) -> impl ExactSizeIterator<Item = &Arc<Subscription>> {
        self.own_lanes.values()
    }

    /// Whether events and subscriptions of this tenant are welcome: always while no tenant is registered.
    pub fn knows_tenant(&self, tenant: &Tenant) -> bool {
        self.tenants.len() == 0 || self.tenant(tenant).is_some()
    }

    /// The settings of a tenant, if it is registered.
    pub fn tenant(&self, tenant: &Tenant) -> Option<&TenantSettings> {
        self.tenants.get(tenant.as_str()).map(Arc::as_ref)
    }

    /// The settings of an event type, if it is registered.
    pub fn event_type(&self, event_type: &EventType) -> Option<&Arc<EventTypeSettings>> {
        self.event_types.get(event_type.as_str())
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
        let index = self.by_tenant.get(tenant.as_str());
        let subscriptions = if let Some(index) = index {
            index.walk(event_type, scratch)
        } else {
            scratch.found.clear();
            &[]
        };
        scratch.found.iter().map(move |&number| &subscriptions[number])
    }
}

fn apply<K, V>(
    map: &mut Shards<K, Arc<V>>,
    changes: Vec<Change<K, V>>,
    digest: &mut Digest,
    key_and_revision: impl Fn(&V) -> (K, u64),
) where
    K: Borrow<str> + Clone + Eq + Hash,
{
    for change in changes {
        let before = match change {
            Change::Put(value) => {
                let (key, revision) = key_and_revision(&value);
                digest.add(revision);
                map.insert(key, Arc::new(value))
            }
            Change::Removed(key) => map.remove(key.borrow()),
        };
        if let Some(before) = before {
            digest.remove(key_and_revision(&before).1);
        }
    }
}

#[cfg(test)]
mod tests;
