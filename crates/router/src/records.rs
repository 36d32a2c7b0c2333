//! What a router writes into the ledger.

use std::borrow::Cow;
use std::sync::Arc;

use barid_broker::Incoming;
use barid_broker::ledger::{self, MAX_NAMED, Record, Routed, Ticket, Writer};
use barid_broker::work::Work;
use barid_registry::Subscription;

use crate::filters::Tally;

/// An event that is routed.
pub(crate) struct Decision<'a> {
    /// The message it came in.
    pub(crate) incoming: &'a Incoming,
    /// The event, without deliveries.
    pub(crate) work: &'a Work,
    /// Whether its publisher gave it no id.
    pub(crate) id_was_made: bool,
    /// The subscriptions it goes to.
    pub(crate) wanted: &'a [&'a Arc<Subscription>],
    /// What filters said of it.
    pub(crate) filtered: &'a Tally,
}

/// Records whom an event goes to. Returns the promises that this is kept: one, unless it goes to very many.
pub(crate) fn routed(writer: &Writer, decision: &Decision<'_>) -> Vec<Ticket> {
    let Decision { incoming, work, id_was_made, wanted, filtered } = *decision;
    let envelope = &work.envelope;
    let message_id = envelope.message_id();
    let fingerprint = id_was_made.then(|| ledger::fingerprint(&incoming.routing_key, &incoming.body));
    let record = |named: &[&Arc<Subscription>]| {
        writer.append(&Record::Routed(Routed {
            at: work.accepted_at,
            tenant: envelope.tenant.as_str().into(),
            event_id: envelope.id.as_str().into(),
            event_type: envelope.event_type.as_str().into(),
            source: envelope.source.as_str().into(),
            subject: envelope.subject.as_ref().map(|subject| subject.as_str().into()),
            time: envelope.time,
            message_id: message_id.as_str().into(),
            accepted_at: work.accepted_at,
            id_was_made,
            revision: work.revision,
            replay: false,
            deliveries: named.iter().map(|subscription| subscription.id.as_str().into()).collect(),
            fanout: u64::try_from(wanted.len()).unwrap_or(u64::MAX),
            filtered: ledger::Filtered {
                matched: filtered.matched,
                unmatched: filtered.unmatched,
                errors: filtered.errors,
                skipped: filtered.skipped,
            },
            fingerprint: fingerprint.as_deref().map(Cow::Borrowed),
        }))
    };
    if wanted.is_empty() {
        return vec![record(&[])];
    }
    wanted.chunks(MAX_NAMED).map(record).collect()
}
