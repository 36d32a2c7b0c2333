//! What a reload changed, in numbers for one log line.

use std::fmt;

use crate::snapshot::Snapshot;

/// How many subscriptions a snapshot adds to, removes from and changes in another. Prints as `2 added, 0 removed, 1 changed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Subscriptions whose identifier is only in the new one.
    pub added: usize,
    /// Subscriptions whose identifier is only in the old one.
    pub removed: usize,
    /// Subscriptions in both with different settings, secrets included.
    pub changed: usize,
}

impl Diff {
    /// What it takes to get from `old` to `new`.
    pub fn between(old: &Snapshot, new: &Snapshot) -> Self {
        let mut diff = Self::default();
        for subscription in new.iter() {
            match old.get(subscription.id.as_str()) {
                None => diff.added += 1,
                Some(before) if !before.same_settings(subscription) => diff.changed += 1,
                Some(_) => {}
            }
        }
        diff.removed = old.iter().filter(|subscription| new.get(subscription.id.as_str()).is_none()).count();
        diff
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} removed, {} changed", self.added, self.removed, self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{file, subscription::Subscription};

    const OLD_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const NEW_SECRET: &str = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    fn subscription(name: &str, events: &str, secret: &str) -> Subscription {
        let text = format!(
            "subscriptions:
  - name: {name}
    events: [{events}]
    destination: {{url: 'https://example.com/'}}
    signing: {{secret: {secret}}}"
        );
        file::parse(&text, false).unwrap().remove(0).compile()
    }

    fn between(old: Vec<Subscription>, new: Vec<Subscription>) -> String {
        Diff::between(&Snapshot::compile(old, None).unwrap(), &Snapshot::compile(new, None).unwrap()).to_string()
    }

    #[test]
    fn counts_what_was_added_removed_and_changed() {
        let old = ["a", "b", "c"].map(|name| subscription(name, "deal.won", OLD_SECRET));
        let new = [("b", "deal.won"), ("c", "deal.lost"), ("d", "#"), ("e", "*")];
        let new = new.map(|(name, events)| subscription(name, &format!("'{events}'"), OLD_SECRET));
        assert_eq!(between(old.into(), new.into()), "2 added, 1 removed, 1 changed");
    }

    #[test]
    fn the_order_is_no_change() {
        let [a, b] = ["a", "b"].map(|name| subscription(name, "deal.won", OLD_SECRET));
        assert_eq!(between(vec![a.clone(), b.clone()], vec![b, a]), "0 added, 0 removed, 0 changed");
    }

    #[test]
    fn another_secret_is_a_change() {
        let [old, new] = [OLD_SECRET, NEW_SECRET].map(|secret| vec![subscription("a", "deal.won", secret)]);
        assert_eq!(between(old, new), "0 added, 0 removed, 1 changed");
    }
}
