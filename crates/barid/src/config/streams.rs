//! What is kept on the broker: the journal of events, and the ledger of what became of them.

use std::time::Duration;

use barid_broker::topology::Retention;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::duration;

/// The section `journal`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// How long events are kept.
    #[serde(with = "duration")]
    pub(crate) max_age: Duration,
    /// How large it may grow, in bytes.
    pub(crate) max_bytes: i64,
}

/// The section `ledger`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ledger {
    /// Whether anything is recorded.
    pub(crate) enabled: bool,
    /// How long records are kept.
    #[serde(with = "duration")]
    pub(crate) max_age: Duration,
    /// How large it may grow, in bytes.
    pub(crate) max_bytes: i64,
}

impl Journal {
    /// What the stream is declared with.
    pub(crate) fn retention(&self) -> Retention {
        Retention { max_age: self.max_age, max_bytes: self.max_bytes }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        check("journal", self.retention(), problems);
    }
}

impl Ledger {
    /// What the stream is declared with.
    pub(crate) fn retention(&self) -> Retention {
        Retention { max_age: self.max_age, max_bytes: self.max_bytes }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        check("ledger", self.retention(), problems);
    }
}

fn check(section: &str, retention: Retention, problems: &mut Problems) {
    problems.within(&format!("{section}.max_bytes"), retention.max_bytes, 1..=i64::MAX);
    if retention.max_age < Duration::from_secs(1) {
        problems.add(&format!("{section}.max_age"), "is under 1s: give at least that".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use barid_broker::topology::Options;

    use super::super::tests::settings;

    #[test]
    fn the_default_file_says_what_the_topology_has_by_default() {
        assert_eq!(settings("").options(), Options::default());
    }
}
