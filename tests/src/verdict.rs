//! The books of a crash test: what was published, what arrived, what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, ensure};

/// What a load has published, by message id.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Handed to the publisher.
    pub attempted: BTreeSet<String>,
    /// Confirmed by the broker: these must arrive.
    pub confirmed: BTreeSet<String>,
}

/// How it ended for one subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Events handed to the publisher.
    pub attempted: usize,
    /// Events the broker confirmed.
    pub confirmed: usize,
    /// Events that arrived.
    pub delivered: usize,
    /// Requests beyond the first of an event.
    pub duplicated: usize,
    /// Confirmed events that did not arrive.
    pub lost: Vec<String>,
    /// What arrived though nobody published it.
    pub unexpected: Vec<String>,
}

impl Verdict {
    /// Compares what was published with how often each message id arrived.
    pub fn of(ledger: &Ledger, arrived: &BTreeMap<String, usize>) -> Self {
        let absent = |id: &&String| !arrived.contains_key(*id);
        let unknown = |id: &&String| !ledger.attempted.contains(*id);
        Self {
            attempted: ledger.attempted.len(),
            confirmed: ledger.confirmed.len(),
            delivered: arrived.len(),
            duplicated: arrived.values().map(|count| count - 1).sum(),
            lost: ledger.confirmed.iter().filter(absent).cloned().collect(),
            unexpected: arrived.keys().filter(unknown).cloned().collect(),
        }
    }

    /// Prints itself on one line, and demands that nothing is lost or unexpected.
    ///
    /// # Errors
    /// With what is.
    pub fn demand(&self, of: &str) -> Result<()> {
        println!("{of}: {self}");
        ensure!(
            self.lost.is_empty() && self.unexpected.is_empty(),
            "{of}: {self}; lost {:?}, unexpected {:?}",
            self.lost,
            self.unexpected
        );
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempted, confirmed, delivered, duplicated, lost, unexpected } = self;
        write!(
            f,
            "attempted {attempted}, confirmed {confirmed}, delivered {delivered}, duplicated {duplicated}, lost {}, unexpected {}",
            lost.len(),
            unexpected.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    fn arrived(ids: &[(&str, usize)]) -> BTreeMap<String, usize> {
        ids.iter().map(|&(id, count)| (id.to_owned(), count)).collect()
    }

    #[test]
    fn a_confirmed_event_must_arrive_and_an_unconfirmed_one_may() {
        let ledger = Ledger { attempted: set(&["a", "b", "c"]), confirmed: set(&["a", "b"]) };
        assert_eq!(
            Verdict::of(&ledger, &arrived(&[("a", 1), ("b", 3)])).to_string(),
            "attempted 3, confirmed 2, delivered 2, duplicated 2, lost 0, unexpected 0"
        );
        Verdict::of(&ledger, &arrived(&[("a", 1), ("b", 1), ("c", 1)])).demand("all").unwrap();
        assert_eq!(Verdict::of(&ledger, &arrived(&[("a", 1)])).lost, ["b"]);
    }

    #[test]
    fn what_nobody_published_is_unexpected() {
        let verdict = Verdict::of(&Ledger::default(), &arrived(&[("x", 1)]));
        assert_eq!(verdict.unexpected, ["x"]);
        assert!(verdict.demand("nobody").is_err());
    }
}
