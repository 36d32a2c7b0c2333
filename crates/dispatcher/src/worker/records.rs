//! Records of what became of deliveries, and the wait until the broker has them.
//!
//! A delivery is settled when what comes next for it is confirmed and its records are, too. Only the settling waits: what comes
//! next is published at once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use barid_broker::ledger::{self, Attempt, Ended, Head, How, Outcome, Record, Writer, bounded};
use barid_broker::work::Delivery;
use barid_egress::{Failure, Response};
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::{Dispatcher, wall_clock};
use crate::outcome::{Answered, Rejected};
use crate::parcel::Parcel;
use crate::scheduler::Ticket;

/// Batches confirmed and not yet taken note of, at a time.
const CONFIRMED: usize = 64;

/// What waits for which batch.
pub(super) struct Records {
    writer: Option<Writer>,
    /// By batch: the deliveries that nothing else is to be done for.
    waiting: HashMap<u64, Vec<Ticket>>,
    confirmed: mpsc::Sender<u64>,
}

/// An attempt that was judged.
pub(super) struct Judged<'a> {
    pub(super) parcel: &'a Parcel,
    pub(super) delivery: &'a Delivery,
    pub(super) result: &'a Result<Answered, Failure>,
    pub(super) at: DateTime<Utc>,
    pub(super) took: Duration,
    pub(super) verdict: Follows<'a>,
}

/// What follows an attempt.
#[derive(Clone, Copy)]
pub(super) enum Follows<'a> {
    Nothing,
    Retry { rejected: &'a Rejected, at: DateTime<Utc> },
    Death { rejected: &'a Rejected },
}

impl Records {
    /// Records by `writer`, if anything is recorded at all; batches that the broker has are told.
    pub(super) fn new(writer: Option<Writer>) -> (Self, mpsc::Receiver<u64>) {
        let (confirmed, batches) = mpsc::channel(CONFIRMED);
        (Self { writer, waiting: HashMap::new(), confirmed }, batches)
    }

    /// The ledger, if anything is recorded.
    pub(super) fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    /// Whether new work should start whose records will have to be confirmed.
    pub(super) fn accepts_work(&self, patience: Duration) -> bool {
        self.writer.as_ref().is_none_or(|writer| writer.accepts_work(patience))
    }

    /// Appends a record and returns its batch.
    fn append(&mut self, record: &Record<'_>) -> Option<u64> {
        let ticket = self.writer.as_ref()?.append(record);
        let batch = ticket.batch();
        self.waiting.entry(batch).or_insert_with(|| {
            let report = self.confirmed.clone();
            tokio::spawn(async move {
                if ticket.confirmed().await {
                    // The dispatcher outlives its batches, but for a process that is ending.
                    let _ending = report.send(batch).await;
                }
            });
            Vec::new()
        });
        Some(batch)
    }

    /// Lets a delivery wait for the first of these batches that is not confirmed. `false` if all are.
    pub(super) fn delay(&mut self, ticket: Ticket, mut batches: impl Iterator<Item = u64>) -> bool {
        let Some(batch) = batches.find(|batch| self.waiting.contains_key(batch)) else { return false };
        self.waiting.entry(batch).or_default().push(ticket);
        true
    }
}

impl Dispatcher {
    /// The broker has a batch: what waited for it, and for no other, is settled.
    pub(super) fn recorded(&mut self, batch: u64) {
        for ticket in self.records.waiting.remove(&batch).unwrap_or_default() {
            self.done(ticket);
        }
    }

    /// Records an attempt.
    pub(super) fn record_attempt(&mut self, ticket: Ticket, judged: &Judged<'_>) {
        if self.records.writer.is_none() {
            return;
        }
        let Judged { parcel, delivery, result, at, took, verdict } = *judged;
        let (outcome, rejected, next_at) = match verdict {
            Follows::Nothing => (Outcome::Delivered, None, None),
            Follows::Retry { rejected, at } => (Outcome::Retry, Some(rejected), Some(at)),
            Follows::Death { rejected } => (Outcome::Dead, Some(rejected), None),
        };
        let envelope = &parcel.work.envelope;
        let record = Record::Attempt(Attempt {
            at,
            tenant: envelope.tenant.as_str().into(),
            event_id: envelope.id.as_str().into(),
            message_id: parcel.message_id.as_str().into(),
            subscription: delivery.subscription.as_str().into(),
            attempt: delivery.attempts.saturating_add(1),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            outcome,
            status: result.as_ref().ok().map(|answered| answered.response.status),
            fault: rejected.map(|rejected| rejected.fault.as_str().into()),
            error: rejected.map(|rejected| bounded(&rejected.detail).into()),
            response: result.as_ref().ok().and_then(|answered| told(&answered.response, self.config.excerpt)),
            next_at,
            replay: delivery.replay,
        });
        if let Some(batch) = self.records.append(&record) {
            self.groups.record(ticket, batch);
        }
    }

    /// Records that a delivery ended, and why. `attempts` were made.
    pub(super) fn record_end(&mut self, ticket: Ticket, reason: &str, detail: &str, attempts: u32) {
        let Some(held) = self.groups.get(ticket) else { return };
        let (parcel, index) = (held.parcel.clone(), held.index);
        let (envelope, delivery) = (&parcel.work.envelope, parcel.delivery(index));
        let how = match reason {
            CANCELLED => How::Cancelled,
            "expired" => How::Expired,
            _ => How::Dead,
        };
        let record = Record::Ended(Ended {
            at: wall_clock(),
            tenant: envelope.tenant.as_str().into(),
            event_id: envelope.id.as_str().into(),
            message_id: parcel.message_id.as_str().into(),
            subscription: delivery.subscription.as_str().into(),
            how,
            reason: reason.into(),
            detail: bounded(detail).into(),
            attempts,
            replay: delivery.replay,
        });
        if let Some(batch) = self.records.append(&record) {
            self.groups.record(ticket, batch);
        }
    }
}

/// The reason of a delivery whose subscription was deleted.
pub(super) const CANCELLED: &str = "subscription_deleted";

/// The beginning of an answer, if there is anything in it.
fn told(response: &Response, most: usize) -> Option<ledger::Response<'_>> {
    let head = Head {
        content_type: response.content_type.as_deref().map(|text| bounded(text).into()),
        retry_after: response.retry_after.as_deref().map(|text| bounded(text).into()),
    };
    let (excerpt, is_cut) = excerpt(&response.body, most);
    let told = ledger::Response { head, excerpt, is_cut: is_cut || response.truncated };
    (told != ledger::Response::default()).then_some(told)
}

/// The first bytes as text that every store takes: UTF-8 without NUL. And whether there are more.
fn excerpt(body: &[u8], most: usize) -> (Cow<'_, str>, bool) {
    let is_cut = body.len() > most;
    let mut text = String::from_utf8_lossy(&body[..body.len().min(most)]);
    if is_cut && text.ends_with(char::REPLACEMENT_CHARACTER) {
        // Most likely a character in two.
        text.to_mut().pop();
    }
    if text.contains('\0') {
        text = Cow::Owned(text.replace('\0', "\u{fffd}"));
    }
    (text, is_cut)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_without_content_tells_nothing() {
        let answer = |body: &'static str| Response {
            status: 204,
            content_type: None,
            retry_after: None,
            location: None,
            body: body.into(),
            truncated: false,
            latency: Duration::ZERO,
        };
        assert_eq!(told(&answer(""), 1024), None);
        assert_eq!(told(&answer("ok"), 1024).unwrap().excerpt, "ok");
        let answer = answer("ok");
        let none = told(&answer, 0).unwrap();
        assert_eq!((&*none.excerpt, none.is_cut), ("", true));
    }

    #[test]
    fn an_excerpt_has_no_nul_and_no_half_character() {
        assert_eq!(excerpt(b"a\0b", 9), ("a\u{fffd}b".into(), false));
        assert_eq!(excerpt("aé".as_bytes(), 2), ("a".into(), true));
        assert_eq!(excerpt(b"a\xff", 9), ("a\u{fffd}".into(), false));
    }

    proptest! {
        #[test]
        fn an_excerpt_is_the_beginning_of_a_text(text in "[^\0]*", most in 0_usize..64) {
            let (excerpt, is_cut) = excerpt(text.as_bytes(), most);
            prop_assert!(text.starts_with(&*excerpt) && excerpt.len() <= most);
            prop_assert_eq!(is_cut, text.len() > most);
        }
    }
}
