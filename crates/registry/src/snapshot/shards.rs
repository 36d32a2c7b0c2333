//! A map that is cheap to change by copying: cut into shards by key, and a copy shares every shard that it does not change.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Arc};

/// How many shards. A change copies one, so the more the less is copied; a copy costs one reference count for each.
const SHARDS: usize = 256;

/// A map from text-like keys. A clone shares everything until it is changed.
#[derive(Clone, Debug)]
pub(super) struct Shards<K, V> {
    shards: Box<[Arc<HashMap<K, V>>]>,
    len: usize,
}

impl<K: Borrow<str> + Clone + Eq + Hash, V: Clone> Shards<K, V> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.shards[shard(key)].get(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    /// The value that the key had.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let before = Arc::make_mut(&mut self.shards[shard(key.borrow())]).insert(key, value);
        self.len += usize::from(before.is_none());
        before
    }

    /// The value that the key had.
    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let shard = &mut self.shards[shard(key)];
        // Asks first, since changing copies.
        if !shard.contains_key(key) {
            return None;
        }
        self.len -= 1;
        Arc::make_mut(shard).remove(key)
    }

    /// How many shards are the same as in another map, and not only equal.
    #[cfg(test)]
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.shards.iter().zip(&other.shards).filter(|(one, other)| Arc::ptr_eq(one, other)).count()
    }
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        let empty = Arc::default();
        Self { shards: (0..SHARDS).map(|_| Arc::clone(&empty)).collect(), len: 0 }
    }
}

/// The shard of a key: FNV-1a over its end, where identifiers and numbered names differ. Who contrives names to share a
/// shard makes nothing slower but changes.
fn shard(key: &str) -> usize {
    let end = &key.as_bytes()[key.len().saturating_sub(8)..];
    let hash = end.iter().fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    usize::from(hash.to_le_bytes()[1] ^ hash.to_le_bytes()[3]) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Shards<String, usize> {
        let mut map = Shards::default();
        for number in 0..count {
            map.insert(format!("s{number}"), number);
        }
        map
    }

    #[test]
    fn keys_spread_over_all_shards() {
        let map = numbered(SHARDS * 100);
        assert!(map.shards.iter().all(|shard| (40..200).contains(&shard.len())));
    }

    #[test]
    fn a_copy_shares_what_it_does_not_change() {
        let map = numbered(10_000);
        let mut copy = map.clone();
        assert_eq!(copy.insert("s7".to_owned(), 0), Some(7));
        assert_eq!(copy.remove("nobody"), None);
        assert_eq!(copy.shared(&map), SHARDS - 1);
        assert_eq!((map.get("s7"), copy.get("s7")), (Some(&7), Some(&0)));
    }

    #[test]
    fn counts_what_is_in_it() {
        let mut map = numbered(10);
        map.insert("s1".to_owned(), 0);
        assert_eq!((map.remove("s1"), map.remove("s1")), (Some(0), None));
        assert_eq!((map.len(), map.iter().count()), (9, 9));
    }
}
