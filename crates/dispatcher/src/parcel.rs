//! An event ready to be sent, shared by all its deliveries in one message.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use barid_broker::work::{Delivery, Work};
use barid_egress::Request;
use barid_event::MessageId;
use barid_registry::request::{self, ComposeError, Composed, Parts};
use barid_registry::shape::{self, ShapeError, Shaped};
use barid_registry::{Payload, Subscription, SubscriptionId};
use bytes::Bytes;

/// An event, its message id, and the bodies that its subscribers share.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) work: Work,
    pub(crate) message_id: MessageId,
    /// The body of the default payload: written once, by the first delivery that needs it.
    body: OnceLock<Bytes>,
    /// Every other shape that was asked for.
    shapes: Mutex<Vec<Cast>>,
}

/// An event in a shape that deliveries with the same settings share.
#[derive(Debug)]
struct Cast {
    payload: Arc<Payload>,
    /// Whose it is alone.
    only: Option<SubscriptionId>,
    shaped: Arc<Shaped>,
}

/// Why a request cannot be made. Trying again would not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmakeable {
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

impl Unmakeable {
    /// The reason in dead letters.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Shape(error) => error.reason(),
            Self::Compose(error) => error.reason(),
        }
    }
}

impl Parcel {
    pub(crate) fn new(work: Work) -> Arc<Self> {
        let message_id = work.envelope.message_id();
        Arc::new(Self { work, message_id, body: OnceLock::new(), shapes: Mutex::default() })
    }

    /// The delivery of this number in the message.
    pub(crate) fn delivery(&self, index: usize) -> &Delivery {
        &self.work.deliveries[index]
    }

    /// The request of one attempt, signed with the time of this attempt (seconds since 1970).
    pub(crate) fn request(&self, index: usize, subscription: &Subscription, now: i64) -> Result<Request, Unmakeable> {
        let shaped;
        let (content_type, extra, body) = if subscription.payload.is_default() {
            (shape::STANDARD_CONTENT_TYPE, [].as_slice(), self.body()?)
        } else {
            shaped = self.shaped(subscription)?;
            (shaped.content_type.as_str(), shaped.headers.as_slice(), shaped.body.clone())
        };
        let parts = Parts {
            envelope: &self.work.envelope,
            data: &self.work.data,
            message_id: self.message_id.as_str(),
            content_type,
            extra,
            body,
            now,
            hops: self.work.hops.saturating_add(1),
            replay: self.delivery(index).replay,
        };
        let Composed { method, url, headers, body } = request::compose(subscription, parts)?;
        Ok(Request { method, url: url.into_owned(), headers, body, deadline: subscription.destination.timeout() })
    }

    fn body(&self) -> Result<Bytes, ShapeError> {
        if let Some(body) = self.body.get() {
            return Ok(body.clone());
        }
        let body = shape::standard(&self.work.envelope, &self.work.data)?;
        Ok(self.body.get_or_init(|| body).clone())
    }

    /// The event as the subscription wants it. Two deliveries that ask at the same moment may both make it.
    fn shaped(&self, subscription: &Subscription) -> Result<Arc<Shaped>, ShapeError> {
        let payload = &subscription.payload;
        let only = payload.differs_by_subscription().then_some(&subscription.id);
        let casts = || self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = casts().iter().find(|cast| cast.is(payload, only)).map(|cast| Arc::clone(&cast.shaped));
        if let Some(shaped) = known {
            return Ok(shaped);
        }
        let made = shape::shape(payload, &self.work.envelope, &self.work.data, &subscription.id)?;
        let shaped = Arc::new(made);
        let cast = Cast { payload: Arc::clone(payload), only: only.cloned(), shaped: Arc::clone(&shaped) };
        casts().push(cast);
        Ok(shaped)
    }
}

impl Cast {
    fn is(&self, payload: &Arc<Payload>, only: Option<&SubscriptionId>) -> bool {
        self.only.as_ref() == only && (Arc::ptr_eq(&self.payload, payload) || self.payload == *payload)
    }
}
