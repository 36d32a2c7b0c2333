//! What is recorded.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dead_letter::{Content, DeadLetter};

/// The most subscriptions that one [`Routed`] names; an event that reaches more has several.
pub const MAX_NAMED: usize = 1000;

/// One record. It borrows where it is written, and owns where it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record<'a> {
    /// A router has an event.
    #[serde(rename = "r")]
    Routed(Routed<'a>),
    /// A dispatcher made an attempt.
    #[serde(rename = "a")]
    Attempt(Attempt<'a>),
    /// A delivery ended, otherwise than by being accepted.
    #[serde(rename = "e")]
    Ended(Ended<'a>),
    /// A message became a dead letter as no event, or none that is let in.
    #[serde(rename = "m")]
    Malformed(Malformed<'a>),
}

/// An event and whom it goes to. Written while its deliveries are published: if that does not succeed, the event is routed
/// again, and has another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed<'a> {
    /// When it was routed.
    #[serde(rename = "at", with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The tenant.
    #[serde(rename = "tn")]
    pub tenant: Cow<'a, str>,
    /// The event's `id`.
    #[serde(rename = "id")]
    pub event_id: Cow<'a, str>,
    /// The event's `type`.
    #[serde(rename = "ty")]
    pub event_type: Cow<'a, str>,
    /// The event's `source`.
    #[serde(rename = "so")]
    pub source: Cow<'a, str>,
    /// The event's `subject`.
    #[serde(rename = "su", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Cow<'a, str>>,
    /// The event's `time`.
    #[serde(rename = "ti", with = "chrono::serde::ts_milliseconds")]
    pub time: DateTime<Utc>,
    /// What subscribers know the event by.
    #[serde(rename = "m")]
    pub message_id: Cow<'a, str>,
    /// When the router took it in.
    #[serde(rename = "ac", with = "chrono::serde::ts_milliseconds")]
    pub accepted_at: DateTime<Utc>,
    /// Whether its publisher gave it no id.
    #[serde(rename = "made", default, skip_serializing_if = "is_default")]
    pub id_was_made: bool,
    /// The registry revision it was routed with; nothing when subscriptions come from a file.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Whether somebody asked for it again.
    #[serde(rename = "rp", default, skip_serializing_if = "is_default")]
    pub replay: bool,
    /// The subscriptions it goes to: all of them, or up to [`MAX_NAMED`], and then others follow in another record that is
    /// else the same.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Cow<'a, str>>,
    /// How many it goes to in all.
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    pub fanout: u64,
    /// What filters said of it.
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    pub filtered: Filtered,
    /// [`fingerprint`] of an event whose id was made, by which its entry in the journal, which has no id, is found.
    #[serde(rename = "fp", default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Cow<'a, str>>,
}

/// What the filters of subscriptions said of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filtered {
    /// It is wanted.
    #[serde(rename = "y", default, skip_serializing_if = "is_default")]
    pub matched: u64,
    /// It is not wanted.
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    pub unmatched: u64,
    /// The filter cannot be evaluated on it.
    #[serde(rename = "e", default, skip_serializing_if = "is_default")]
    pub errors: u64,
    /// The filter is switched off.
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    pub skipped: u64,
}

/// One request of a delivery, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt<'a> {
    /// When it ended.
    #[serde(rename = "at", with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The tenant.
    #[serde(rename = "tn")]
    pub tenant: Cow<'a, str>,
    /// The event's `id`.
    #[serde(rename = "id")]
    pub event_id: Cow<'a, str>,
    /// What subscribers know the event by.
    #[serde(rename = "m")]
    pub message_id: Cow<'a, str>,
    /// The subscription's id.
    #[serde(rename = "s")]
    pub subscription: Cow<'a, str>,
    /// 1 for the first.
    #[serde(rename = "no")]
    pub attempt: u32,
    /// From the start to the last byte, or to the failure, in milliseconds.
    #[serde(rename = "ms")]
    pub took_ms: u64,
    /// What follows.
    #[serde(rename = "o")]
    pub outcome: Outcome,
    /// The status, if there was an answer.
    #[serde(rename = "st", default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whose fault it was that it did not succeed, from a closed list: `receiver`, `network`, `tls`, `dns`, `blocked`,
    /// `internal`.
    #[serde(rename = "fa", default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Cow<'a, str>>,
    /// Why it did not succeed, for people.
    #[serde(rename = "er", default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'a, str>>,
    /// What the receiver said, if it said anything.
    #[serde(rename = "re", default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response<'a>>,
    /// When the next attempt is due.
    #[serde(
        rename = "nx",
        with = "chrono::serde::ts_milliseconds_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub next_at: Option<DateTime<Utc>>,
    /// Whether somebody asked for the delivery again.
    #[serde(rename = "rp", default, skip_serializing_if = "is_default")]
    pub replay: bool,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing: the receiver has it.
    Delivered,
    /// Another attempt.
    Retry,
    /// Nothing: it is given up. A record of its end follows.
    Dead,
}

/// The beginning of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response<'a> {
    /// A few of its header fields.
    #[serde(rename = "h", default, skip_serializing_if = "is_default")]
    pub head: Head<'a>,
    /// The first bytes of its body as text; what is no UTF-8, and NUL, is replaced.
    #[serde(rename = "b", default, skip_serializing_if = "str::is_empty")]
    pub excerpt: Cow<'a, str>,
    /// Whether the body has more.
    #[serde(rename = "c", default, skip_serializing_if = "is_default")]
    pub is_cut: bool,
}

/// Header fields of an answer that say something to people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head<'a> {
    /// `content-type`.
    #[serde(rename = "ct", default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<Cow<'a, str>>,
    /// `retry-after`.
    #[serde(rename = "ra", default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Cow<'a, str>>,
}

/// The end of a delivery that nobody accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended<'a> {
    /// When.
    #[serde(rename = "at", with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// The tenant.
    #[serde(rename = "tn")]
    pub tenant: Cow<'a, str>,
    /// The event's `id`.
    #[serde(rename = "id")]
    pub event_id: Cow<'a, str>,
    /// What subscribers know the event by.
    #[serde(rename = "m")]
    pub message_id: Cow<'a, str>,
    /// The subscription's id.
    #[serde(rename = "s")]
    pub subscription: Cow<'a, str>,
    /// In which way.
    #[serde(rename = "h")]
    pub how: How,
    /// Why, in one word of a closed list; for what is dead or expired that of its dead letter.
    #[serde(rename = "r")]
    pub reason: Cow<'a, str>,
    /// Why, for people.
    #[serde(rename = "dt", default, skip_serializing_if = "str::is_empty")]
    pub detail: Cow<'a, str>,
    /// Attempts made.
    #[serde(rename = "no", default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// Whether somebody had asked for the delivery again.
    #[serde(rename = "rp", default, skip_serializing_if = "is_default")]
    pub replay: bool,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Its subscription was deleted.
    Cancelled,
    /// Its time was over: a dead letter.
    Expired,
    /// It was given up: a dead letter.
    Dead,
}

/// A message that became a dead letter as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Malformed<'a> {
    /// When.
    #[serde(rename = "at", with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
    /// Why, in one word of a closed list: that of its dead letter.
    #[serde(rename = "r")]
    pub reason: Cow<'a, str>,
    /// Why, for people. It quotes no payload.
    #[serde(rename = "dt")]
    pub detail: Cow<'a, str>,
    /// The id of its dead letter.
    #[serde(rename = "dl")]
    pub letter: Cow<'a, str>,
    /// The exchange it was published to.
    #[serde(rename = "ex")]
    pub exchange: Cow<'a, str>,
    /// The routing key it was published with.
    #[serde(rename = "rk")]
    pub routing_key: Cow<'a, str>,
    /// The property `message_id`, as its publisher set it.
    #[serde(rename = "mi", default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Cow<'a, str>>,
    /// The property `app_id`, as its publisher set it.
    #[serde(rename = "ai", default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Cow<'a, str>>,
    /// [`fingerprint`], by which its entry in the journal is found.
    #[serde(rename = "fp")]
    pub fingerprint: Cow<'a, str>,
}

impl<'a> Malformed<'a> {
    /// The record of a dead letter that is a message as it came in, whose whole `body` the letter may have cut; nothing if it
    /// is the letter of a delivery.
    pub fn of(letter: &'a DeadLetter, body: &Bytes) -> Option<Record<'a>> {
        let Content::Message(original) = &letter.content else { return None };
        Some(Record::Malformed(Self {
            at: letter.died_at,
            reason: letter.reason.as_str().into(),
            detail: bounded(&letter.detail).into(),
            letter: letter.id.as_str().into(),
            exchange: original.exchange.as_str().into(),
            routing_key: original.routing_key.as_str().into(),
            message_id: original.message_id.as_deref().map(Cow::Borrowed),
            app_id: original.app_id.as_deref().map(Cow::Borrowed),
            fingerprint: fingerprint(&original.routing_key, body).into(),
        }))
    }
}

/// The longest text for people in a record, in bytes.
const MAX_TEXT: usize = 512;

/// As much of a text for people as a record has room for.
pub fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

/// A short hash of a routing key and a body: 16 hexadecimal digits. Two events without an id that are equal in both have the
/// same, and either entry of the journal is as good as the other.
pub fn fingerprint(routing_key: &str, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(routing_key.as_bytes());
    hash.update([0]);
    hash.update(body);
    let digest = hash.finalize();
    let first = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{first:016x}")
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
