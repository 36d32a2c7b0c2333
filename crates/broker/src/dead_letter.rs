//! A delivery or an event that nothing more will be tried for, and why.

use barid_event::Envelope;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::frame::{self, FrameError};
use crate::original::Original;
use crate::work::{Delivery, Work};

/// The reason of an item of a source of which its mapping makes no event.
pub const UNMAPPED: &str = "unmapped";

/// A dead letter. Its original bytes are kept, so that it can be replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// `dl_` and a UUID: names it in lists, and for replaying or discarding it.
    pub id: String,
    /// Why, in one word of a closed list: `attempts_exhausted`, `invalid_json` and so on.
    pub reason: String,
    /// Why, for people.
    pub detail: String,
    /// When it was given up.
    pub died_at: DateTime<Utc>,
    /// What it was.
    pub content: Content,
}

/// What died.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// One delivery, with its event.
    Delivery(Box<Work>),
    /// A message that is no event, as it came in.
    Message(Box<Original>),
}

impl DeadLetter {
    /// One delivery of `work` that is given up.
    pub fn of_delivery(reason: &str, detail: String, work: &Work, delivery: Delivery, now: DateTime<Utc>) -> Self {
        let work = Work { deliveries: vec![delivery], ..work.clone() };
        Self::of_work(reason, detail, work, now)
    }

    /// All deliveries of a message that the broker has given up.
    pub(crate) fn of_work(reason: &str, detail: String, work: Work, now: DateTime<Utc>) -> Self {
        Self::new(reason, detail, now, Content::Delivery(Box::new(work)))
    }

    /// A message that is given up as it came in.
    pub fn of_message(reason: &str, detail: String, message: Original, now: DateTime<Utc>) -> Self {
        Self::new(reason, detail, now, Content::Message(Box::new(message)))
    }

    fn new(reason: &str, detail: String, died_at: DateTime<Utc>, content: Content) -> Self {
        Self { id: format!("dl_{}", Uuid::now_v7().simple()), reason: reason.to_owned(), detail, died_at, content }
    }

    /// The subscription, if a delivery died.
    pub fn subscription(&self) -> Option<&str> {
        match &self.content {
            Content::Delivery(work) => work.deliveries.first().map(|delivery| delivery.subscription.as_str()),
            Content::Message(_) => None,
        }
    }

    /// Whether it can be tried again as it is. What was never an event does not become one in the events exchange: its provider
    /// must send it again.
    pub fn can_be_replayed(&self) -> bool {
        self.reason != UNMAPPED
    }

    /// The event's envelope, if it was an event.
    pub fn envelope(&self) -> Option<&Envelope> {
        match &self.content {
            Content::Delivery(work) => Some(&work.envelope),
            Content::Message(_) => None,
        }
    }

    /// The message body.
    ///
    /// # Errors
    /// When the head is too long to be written.
    pub fn encode(&self) -> Result<Bytes, FrameError> {
        let (content, payload) = match &self.content {
            Content::Delivery(work) => (
                ContentHead::Delivery {
                    envelope: work.envelope.clone(),
                    accepted_at: work.accepted_at,
                    revision: work.revision,
                    hops: work.hops,
                    deliveries: work.deliveries.clone(),
                },
                &work.data,
            ),
            Content::Message(message) => (ContentHead::Message { message: (**message).clone() }, &message.body),
        };
        let head = Head {
            id: self.id.clone(),
            reason: self.reason.clone(),
            detail: self.detail.clone(),
            died_at: self.died_at,
            content,
        };
        frame::write(&head, payload)
    }

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn decode(body: &Bytes) -> Result<Self, FrameError> {
        let (Head { id, reason, detail, died_at, content }, data) = frame::read(body)?;
        let content = match content {
            ContentHead::Delivery { envelope, accepted_at, revision, hops, deliveries } => {
                Content::Delivery(Box::new(Work { envelope, accepted_at, revision, hops, deliveries, data }))
            }
            ContentHead::Message { message } => Content::Message(Box::new(Original { body: data, ..message })),
        };
        Ok(Self { id, reason, detail, died_at, content })
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    id: String,
    reason: String,
    detail: String,
    died_at: DateTime<Utc>,
    #[serde(flatten)]
    content: ContentHead,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ContentHead {
    Delivery {
        envelope: Envelope,
        accepted_at: DateTime<Utc>,
        revision: Option<u64>,
        hops: u8,
        deliveries: Vec<Delivery>,
    },
    Message {
        message: Original,
    },
}
