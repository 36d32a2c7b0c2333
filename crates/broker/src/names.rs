//! The names of everything Barid owns on a broker.
//!
//! Every name starts with the namespace, so several installations (and every test) can share one broker. The one
//! exception is the events exchange, whose name belongs to the CRM.

use std::fmt;
use std::str::FromStr;

/// The prefix of every name of ours: 1 to 64 characters of `a-z`, `0-9`, `_`, `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace(String);

/// Why a text is no [`Namespace`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("namespace {0:?} must be 1 to 64 characters of a-z, 0-9, '_' or '-'")]
pub struct InvalidNamespace(String);

/// The longest namespace, in bytes.
const MAX_NAMESPACE: usize = 64;

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > MAX_NAMESPACE || !text.bytes().all(allowed) {
            return Err(InvalidNamespace(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All names of one installation. Cheap to build, cloned into whatever publishes or consumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    namespace: Namespace,
    events: String,
}

impl Names {
    /// The names under `namespace`, with `events` as the exchange CRM services publish to.
    pub fn new(namespace: Namespace, events: impl Into<String>) -> Self {
        Self { namespace, events: events.into() }
    }

    /// The topic exchange CRM services publish to (`crm.events`).
    pub fn events(&self) -> &str {
        &self.events
    }

    /// The quorum queue every event enters by.
    pub fn inbox(&self) -> String {
        self.of("inbox")
    }

    /// The stream that keeps every event as published.
    pub fn journal(&self) -> String {
        self.of("journal")
    }

    /// The stream of all routing decisions and attempts, and the direct exchange in front of it (they share the name).
    pub fn ledger(&self) -> String {
        self.of("ledger")
    }

    /// The quorum queue that takes what the ledger's stream does not.
    pub fn ledger_overflow(&self) -> String {
        self.of("ledger-overflow")
    }

    /// The direct exchange in front of all lanes.
    pub fn lanes(&self) -> String {
        self.of("lanes")
    }

    /// The queue of one lane.
    pub fn lane_queue(&self, lane: &Lane) -> String {
        format!("{}.{lane}", self.namespace)
    }

    /// Exchange and queue of one level of the delay ladder (they share the name).
    pub fn delay(&self, level: u32) -> String {
        format!("{}.delay.{level}", self.namespace)
    }

    /// The topic exchange due deliveries leave the ladder by.
    pub fn due(&self) -> String {
        self.of("due")
    }

    /// The fanout exchange of everything that nothing more will be tried for.
    pub fn dead(&self) -> String {
        self.of("dead")
    }

    /// The quorum queue behind [`Names::dead`].
    pub fn dead_letters(&self) -> String {
        self.of("dead-letters")
    }

    /// The alternate exchange of all exchanges of ours, and the queue behind it (they share the name).
    pub fn unrouted(&self) -> String {
        self.of("unrouted")
    }

    /// The fanout exchange of notices between processes.
    pub fn control(&self) -> String {
        self.of("control")
    }

    fn of(&self, what: &str) -> String {
        format!("{}.{what}", self.namespace)
    }
}

/// A queue of deliveries. Displayed as its routing key on the lanes exchange, which is also the tail of its queue's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// One of the shared work lanes.
    Work(u16),
    /// One of the shared slow lanes.
    Slow(u16),
    /// The lane of one subscription alone, by its id.
    Own(String),
}

/// The number of slow lanes, fixed so that every process agrees where a slow subscription's deliveries are.
pub const SLOW_LANES: u16 = 4;

impl Lane {
    /// The slow lane of a subscription: the same in every process.
    pub fn slow_for(subscription: &str) -> Self {
        let lane = stable_hash(subscription) % u64::from(SLOW_LANES);
        Self::Slow(u16::try_from(lane).unwrap_or_default())
    }

    /// The lane of a subscription alone.
    pub fn own(subscription: impl Into<String>) -> Self {
        Self::Own(subscription.into())
    }

    /// Whether this is a slow lane.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Slow(_))
    }
}

/// FNV-1a of a text: the same in every process, version and platform, unlike the standard library's hasher. For spreading
/// names over lanes, not against forgery.
pub fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(n) => write!(f, "work.{n}"),
            Self::Slow(n) => write!(f, "slow.{n}"),
            Self::Own(subscription) => write!(f, "own.{subscription}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_starts_with_the_namespace() {
        let names = Names::new("acme-1".parse().unwrap(), "crm.events");
        assert_eq!(names.inbox(), "acme-1.inbox");
        assert_eq!(names.lane_queue(&Lane::Work(2)), "acme-1.work.2");
        assert_eq!(names.lane_queue(&Lane::own("sub_1")), "acme-1.own.sub_1");
        assert_eq!(names.delay(17), "acme-1.delay.17");
        assert_eq!(names.events(), "crm.events");
    }

    #[test]
    fn refuses_a_namespace_with_dots_or_upper_case() {
        for bad in ["", "a.b", "Acme", "a b", &"x".repeat(65)] {
            assert!(bad.parse::<Namespace>().is_err(), "{bad}");
        }
    }

    #[test]
    fn slow_lanes_spread_subscriptions() {
        let mut seen = std::collections::HashSet::new();
        for n in 0..100 {
            seen.insert(Lane::slow_for(&format!("sub_{n}")));
        }
        assert_eq!(seen.len(), usize::from(SLOW_LANES));
        assert_eq!(Lane::slow_for("sub_1"), Lane::slow_for("sub_1"));
    }
}
