//! What has come before: providers send again what they think was lost, and such a copy makes no second event. Kept in
//! memory and bounded; a copy that slips through has the same message id, by which receivers tell it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use barid_registry::source::SourceId;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The most that is remembered, over all sources; the oldest is forgotten first. About 20 MB.
const MAX_SEEN: usize = 200_000;

/// What tells one item of one source: half a SHA-256.
pub(super) type Key = [u8; 16];

/// What has come before, and until when that counts.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    until: HashMap<Key, DateTime<Utc>>,
    order: VecDeque<Key>,
}

/// The key of an item of a source.
pub(super) fn key(source: &SourceId, item: &str) -> Key {
    // No id holds a zero byte.
    let hash = Sha256::new().chain_update(source.as_str()).chain_update([0]).chain_update(item).finalize();
    let mut key = Key::default();
    key.copy_from_slice(&hash[..16]);
    key
}

impl Seen {
    /// Whether this has come, and counts still.
    pub(super) fn holds(&self, key: &Key, now: DateTime<Utc>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).until.get(key).is_some_and(|until| now < *until)
    }

    /// Remembers what is safe with the broker.
    pub(super) fn enter(&self, keys: impl IntoIterator<Item = Key>, until: DateTime<Utc>) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if memory.until.insert(key, until).is_none() {
                memory.order.push_back(key);
            }
            if memory.order.len() > MAX_SEEN
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.until.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn remembers_for_the_window_and_per_source() {
        let (seen, one, other) = (Seen::default(), "src_1".parse().unwrap(), "src_2".parse().unwrap());
        seen.enter([key(&one, "a")], at(10));
        assert!(seen.holds(&key(&one, "a"), at(9)));
        assert!(!seen.holds(&key(&one, "a"), at(10)));
        assert!(!seen.holds(&key(&other, "a"), at(9)));
    }

    #[test]
    fn forgets_the_oldest_when_it_is_full() {
        let (seen, source) = (Seen::default(), "src_1".parse().unwrap());
        let number = |number: usize| key(&source, &number.to_string());
        seen.enter((0..=MAX_SEEN).map(number), at(10));
        assert!(!seen.holds(&number(0), at(1)));
        assert!(seen.holds(&number(1), at(1)) && seen.holds(&number(MAX_SEEN), at(1)));
    }
}
