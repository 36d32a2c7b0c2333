//! What travels in a lane: an event once, with the deliveries that are to be made of it.

use std::time::Duration;

use barid_event::Envelope;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::frame::{self, FrameError};

/// What a delivery may take beyond its schedule: waiting in lanes, a day of `Retry-After`.
pub const SLACK: Duration = Duration::from_hours(24);

/// The most deliveries in one message.
pub const MAX_DELIVERIES: usize = 64;

/// An event and its deliveries in one lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// The event without its payload.
    pub envelope: Envelope,
    /// When the router took the event in.
    pub accepted_at: DateTime<Utc>,
    /// The registry revision it was routed with; nothing when subscriptions come from a file.
    pub revision: Option<u64>,
    /// How often the event has passed through Barid.
    pub hops: u8,
    /// At most [`MAX_DELIVERIES`].
    pub deliveries: Vec<Delivery>,
    /// The payload as published.
    pub data: Bytes,
}

/// One event for one subscription, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The subscription's id.
    #[serde(rename = "s")]
    pub subscription: String,
    /// Attempts made so far.
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// Nothing is tried after this moment.
    #[serde(rename = "x", with = "chrono::serde::ts_milliseconds")]
    pub expires_at: DateTime<Utc>,
    /// When the next attempt is due; nothing for "at once".
    #[serde(rename = "d", with = "chrono::serde::ts_milliseconds_option", default, skip_serializing_if = "is_default")]
    pub due_at: Option<DateTime<Utc>>,
    /// Whether somebody asked for this delivery again.
    #[serde(rename = "r", default, skip_serializing_if = "is_default")]
    pub replay: bool,
    /// How often a dispatcher did not know the subscription.
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    pub unknown: u32,
    /// How often its message had come back when it was put into one of its own, unattempted: the broker counts anew.
    #[serde(rename = "b", default, skip_serializing_if = "is_default")]
    pub returned: u32,
    /// The name of a test: one attempt is made, whoever asked is told how it went, and nothing follows from it.
    #[serde(rename = "t", default, skip_serializing_if = "is_default")]
    pub test: Option<String>,
}

impl Delivery {
    /// A first delivery.
    pub fn first(subscription: impl Into<String>, expires_at: DateTime<Utc>) -> Self {
        Self {
            subscription: subscription.into(),
            attempts: 0,
            expires_at,
            due_at: None,
            replay: false,
            unknown: 0,
            returned: 0,
            test: None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The head of the frame. One-letter names: it is written and read once per lane and event.
#[derive(Serialize)]
struct HeadRef<'a> {
    e: &'a Envelope,
    #[serde(with = "chrono::serde::ts_microseconds")]
    t: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    h: u8,
    d: &'a [Delivery],
}

#[derive(Deserialize)]
struct Head {
    e: Envelope,
    #[serde(with = "chrono::serde::ts_microseconds")]
    t: DateTime<Utc>,
    #[serde(default)]
    v: Option<u64>,
    #[serde(default)]
    h: u8,
    d: Vec<Delivery>,
}

impl Work {
    /// The message body for these deliveries of the same event.
    ///
    /// # Errors
    /// When the head is too long to be written.
    pub fn encode(&self, deliveries: &[Delivery]) -> Result<Bytes, FrameError> {
        let head = HeadRef { e: &self.envelope, t: self.accepted_at, v: self.revision, h: self.hops, d: deliveries };
        frame::write(&head, &self.data)
    }

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn decode(body: &Bytes) -> Result<Self, FrameError> {
        let (Head { e, t, v, h, d }, data) = frame::read(body)?;
        Ok(Self { envelope: e, accepted_at: t, revision: v, hops: h, deliveries: d, data })
    }
}
