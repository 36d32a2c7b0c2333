//! The ledger: a record of every routing decision, attempt and end, from which history is made.
//!
//! Records travel in batches, each a message of the stream `barid.ledger`: a byte for the version, then a line of JSON per
//! record. A delivery is settled only when the batch with its record is confirmed, so that there is no delivery without a
//! record; what comes next for it does not wait for that. If the stream alone does not confirm for 4 s, batches go to
//! the quorum queue `barid.ledger-overflow` until it does. If neither confirms, [`Writer::accepts_work`] says so and no
//! new work starts.
//!
//! A record may come twice: a message that is handed out again is worked on again, and a batch whose confirm was lost is
//! published again, perhaps by the other way. Records that are equal are one.

mod batch;
mod courier;
mod record;
mod switch;
mod writer;

pub use batch::{Batch, Newer, Unreadable, decode};
pub use record::{
    Attempt, Ended, Filtered, Head, How, MAX_NAMED, Malformed, Outcome, Record, Response, Routed, bounded, fingerprint,
};
pub use writer::{Ticket, Writer};

/// The ways of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The stream.
    Stream,
    /// The overflow queue.
    Overflow,
}

impl Route {
    /// The routing key, and the value of the metric's label.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Overflow => "overflow",
        }
    }
}
