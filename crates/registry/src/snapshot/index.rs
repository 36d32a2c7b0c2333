//! The subscriptions of one tenant and the tree of what they match. Never changed: a change builds another.

use std::{collections::HashMap, sync::Arc};

use barid_event::EventType;

use crate::{
    id::SubscriptionId,
    subscription::Subscription,
    trie::{Scratch, Trie},
};

/// One tenant's subscriptions, at least one, in the order of their identifiers.
#[derive(Debug)]
pub(super) struct Index {
    subscriptions: Box<[Arc<Subscription>]>,
    trie: Trie,
}

/// What became of subscriptions: there, or gone.
pub(super) type Touched = HashMap<SubscriptionId, Option<Arc<Subscription>>>;

impl Index {
    /// The index after these changes to `before`, or `None` if nothing is left.
    pub(super) fn after(before: Option<&Self>, touched: &Touched) -> Option<Self> {
        let kept = before.into_iter().flat_map(|index| &index.subscriptions);
        let kept = kept.filter(|subscription| !touched.contains_key(&subscription.id));
        let mut all: Vec<_> = kept.chain(touched.values().flatten()).cloned().collect();
        if all.is_empty() {
            return None;
        }
        all.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let mut trie = Trie::default();
        for (number, subscription) in all.iter().enumerate() {
            for pattern in &subscription.patterns {
                trie.insert(pattern, number);
            }
        }
        trie.shrink();
        Some(Self { subscriptions: all.into(), trie })
    }

    /// Leaves in `scratch` the numbers of those that want such an event.
    pub(super) fn walk(&self, event_type: &EventType, scratch: &mut Scratch) -> &[Arc<Subscription>] {
        self.trie.walk(event_type, scratch);
        &self.subscriptions
    }

    /// The subscriptions, in the order of their identifiers.
    pub(super) fn subscriptions(&self) -> &[Arc<Subscription>] {
        &self.subscriptions
    }
}
