//! An event ready to be sent, shared by all its deliveries in one message.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use barid_broker::incoming::HOPS_HEADER;
use barid_broker::work::{Delivery, Work};
use barid_egress::{HeaderError, Headers, Request};
use barid_event::MessageId;
use barid_registry::{Subscription, shape};
use barid_signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use bytes::Bytes;

/// The header that names the subscription a request is for.
const SUBSCRIPTION_HEADER: &str = "barid-subscription";

/// The header of a request that somebody asked for again.
const REPLAY_HEADER: &str = "barid-replay";

/// An event, its message id, and the body that its subscribers share.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) work: Work,
    pub(crate) message_id: MessageId,
    /// Written once, by the first delivery that needs it.
    body: OnceLock<Bytes>,
}

/// Why a request cannot be made: a fault of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmakeable {
    #[error("the body: {0}")]
    Body(#[from] serde_json::Error),
    #[error("the headers: {0}")]
    Headers(#[from] HeaderError),
}

impl Parcel {
    pub(crate) fn new(work: Work) -> Arc<Self> {
        let message_id = work.envelope.message_id();
        Arc::new(Self { work, message_id, body: OnceLock::new() })
    }

    /// The delivery of this number in the message.
    pub(crate) fn delivery(&self, index: usize) -> &Delivery {
        &self.work.deliveries[index]
    }

    /// The request of one attempt, signed with the time of this attempt (seconds since 1970).
    pub(crate) fn request(&self, index: usize, subscription: &Subscription, now: i64) -> Result<Request, Unmakeable> {
        let body = self.body()?;
        let id = self.message_id.as_str();
        let mut headers = Headers::new();
        headers.set("content-type", shape::STANDARD_CONTENT_TYPE)?;
        headers.set(ID_HEADER, id)?;
        headers.set(TIMESTAMP_HEADER, &now.to_string())?;
        headers.set(SIGNATURE_HEADER, &subscription.signer.header(id, now, &body))?;
        headers.set(SUBSCRIPTION_HEADER, subscription.id.as_str())?;
        headers.set(HOPS_HEADER, &self.work.hops.saturating_add(1).to_string())?;
        if self.delivery(index).replay {
            headers.set(REPLAY_HEADER, "true")?;
        }
        let deadline: Duration = subscription.destination.timeout();
        Ok(Request { url: subscription.destination.url().clone(), headers, body, deadline })
    }

    fn body(&self) -> Result<Bytes, Unmakeable> {
        if let Some(body) = self.body.get() {
            return Ok(body.clone());
        }
        let body = shape::standard(&self.work.envelope, &self.work.data)?;
        Ok(self.body.get_or_init(|| body).clone())
    }
}
