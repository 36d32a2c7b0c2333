//! The subscriptions that are slow or failing, as dispatchers have told.
//!
//! Nothing depends on it being right: a delivery put into a work lane although its subscription is slow is handed on by the
//! dispatcher. So it is bounded, and starts empty.

use std::collections::{BTreeMap, HashMap};

use barid_broker::control::Notice;
use barid_registry::SubscriptionId;

/// Slow subscriptions that are remembered at most. Beyond, the one told of longest ago is forgotten.
pub(crate) const MAX_SLOW: usize = 100_000;

/// A bounded set of subscriptions.
#[derive(Debug)]
pub(crate) struct SlowSet {
    limit: usize,
    /// When each was last told of, counted in notices.
    told: HashMap<SubscriptionId, u64>,
    order: BTreeMap<u64, SubscriptionId>,
    notices: u64,
}

impl SlowSet {
    /// An empty set for at most `limit` subscriptions.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, told: HashMap::new(), order: BTreeMap::new(), notices: 0 }
    }

    /// Takes in a notice. One that names no subscription changes nothing.
    pub(crate) fn hear(&mut self, notice: &Notice) {
        match notice {
            Notice::Slow { subscription } => {
                if let Ok(id) = subscription.parse() {
                    self.insert(id);
                }
            }
            Notice::Fast { subscription } => self.remove(subscription),
            _ => {}
        }
    }

    /// Whether the subscription is slow.
    pub(crate) fn contains(&self, subscription: &str) -> bool {
        self.told.contains_key(subscription)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }

    fn insert(&mut self, id: SubscriptionId) {
        self.notices += 1;
        if let Some(earlier) = self.told.insert(id.clone(), self.notices) {
            self.order.remove(&earlier);
        }
        self.order.insert(self.notices, id);
        if self.told.len() > self.limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.told.remove(&oldest);
        }
    }

    fn remove(&mut self, subscription: &str) {
        if let Some(told) = self.told.remove(subscription) {
            self.order.remove(&told);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slow(id: &str) -> Notice {
        Notice::Slow { subscription: id.to_owned() }
    }

    fn fast(id: &str) -> Notice {
        Notice::Fast { subscription: id.to_owned() }
    }

    #[test]
    fn forgets_the_one_told_of_longest_ago() {
        let mut set = SlowSet::new(2);
        for notice in [slow("a"), slow("b"), slow("a"), slow("c")] {
            set.hear(&notice);
        }
        assert!(set.contains("a") && !set.contains("b") && set.contains("c"));
    }

    #[test]
    fn ignores_what_is_no_subscription() {
        let mut set = SlowSet::new(2);
        set.hear(&slow(&"x".repeat(1000)));
        set.hear(&slow("a.b"));
        assert_eq!(set.len(), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_list(notices in prop::collection::vec((0_u8..6, any::<bool>()), 0..60)) {
            let mut set = SlowSet::new(3);
            let mut list: Vec<String> = Vec::new();
            for (number, is_slow) in notices {
                let id = format!("s{number}");
                list.retain(|known| *known != id);
                if is_slow {
                    set.hear(&slow(&id));
                    list.push(id);
                    if list.len() > 3 {
                        list.remove(0);
                    }
                } else {
                    set.hear(&fast(&id));
                }
                prop_assert_eq!(set.len(), list.len());
                prop_assert_eq!(set.order.len(), list.len());
                for known in &list {
                    prop_assert!(set.contains(known));
                }
            }
        }
    }
}
