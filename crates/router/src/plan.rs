//! What is to be done for a message before it may be acknowledged.

use std::time::Duration;

use barid_broker::ledger::Ticket;
use barid_broker::outgoing::Outgoing;

use crate::filters::Tally;

/// What to publish, and what that means.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What will have become of the message.
    pub(crate) outcome: Outcome,
    /// All of it must be confirmed. May be nothing.
    pub(crate) messages: Vec<Outgoing>,
    /// What has been recorded of it. All of that must be confirmed, too.
    pub(crate) records: Vec<Ticket>,
    /// How long to wait before publishing.
    pub(crate) pause: Duration,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An event, handed to its subscriptions.
    Routed {
        /// How many deliveries were made of it.
        fanout: usize,
        /// Whether its publisher gave it no id.
        id_was_made: bool,
        /// Whether the schema of its type only warns of it.
        schema_warned: bool,
        /// What the filters of its subscriptions said.
        filtered: Tally,
    },
    /// A message of ours, sent on to where it can go now.
    Rerouted,
    /// A dead letter.
    Dead {
        /// Why, in one word of a closed list.
        reason: &'static str,
        /// Whether it was no event.
        is_malformed: bool,
    },
    /// A canary.
    Canary {
        /// The id it carried through the inbox, if it did.
        through_inbox: Option<String>,
        /// Whether it came by the queue of what had no route, which says that the inbox is not bound.
        astray: bool,
    },
}

impl Plan {
    /// Publish these, at once. Nothing is recorded.
    pub(crate) fn now(outcome: Outcome, messages: Vec<Outgoing>) -> Self {
        Self { outcome, messages, records: Vec::new(), pause: Duration::ZERO }
    }
}
