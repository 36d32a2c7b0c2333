//! A message that came in, and the receipt by which it is settled.

use std::sync::Arc;

use barid_event::AttributeValue;
use barid_event::amqp::Message;
use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::ShortString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::original::{self, Original};

pub use barid_event::HOPS_HEADER;

/// A message from a queue. It must be settled through its [`Receipt`].
#[derive(Debug)]
pub struct Incoming {
    /// Which of the role's queues it came from: the number given to [`crate::consumer::Spec`].
    pub from: usize,
    /// The exchange it was published to.
    pub exchange: String,
    /// The routing key it was published with.
    pub routing_key: String,
    /// How often the broker has handed it out before: `x-delivery-count`, raised by crashes and by giving it back.
    pub returned: u32,
    /// Whether it was handed out before, to this process or another.
    pub redelivered: bool,
    /// The body.
    pub body: Bytes,
    /// How to settle it.
    pub receipt: Receipt,
    properties: BasicProperties,
}

impl Incoming {
    pub(crate) fn new(from: usize, delivery: Delivery, receipt: Receipt) -> Self {
        // On a first delivery the header is the publisher's, who may write anything; the broker sets it from the second on.
        let headers = delivery.properties.headers().as_ref().filter(|_| delivery.redelivered);
        let returned = headers
            .and_then(|headers| headers.inner().get("x-delivery-count"))
            .and_then(original::integer)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default();
        Self {
            from,
            exchange: delivery.exchange.to_string(),
            routing_key: delivery.routing_key.to_string(),
            returned,
            redelivered: delivery.redelivered,
            body: Bytes::from(delivery.data),
            receipt,
            properties: delivery.properties,
        }
    }

    /// The content type, or nothing.
    pub fn content_type(&self) -> Option<&str> {
        self.properties.content_type().as_ref().map(ShortString::as_str)
    }

    /// The application that says it published the message.
    pub fn app_id(&self) -> Option<&str> {
        self.properties.app_id().as_ref().map(ShortString::as_str)
    }

    /// How often the event has passed through Barid before: the header `barid-hops`. What is no small number counts as
    /// none.
    pub fn hops(&self) -> u8 {
        hops(&self.properties)
    }

    /// The parts an event is read from.
    pub fn message(&self) -> Message<'_> {
        original::message(&self.routing_key, &self.properties, self.body.clone())
    }

    /// The message as it came in, for a dead letter.
    pub fn original(&self) -> Original {
        Original::new(self.exchange.clone(), self.routing_key.clone(), &self.properties, self.body.clone())
    }
}

/// The header [`HOPS_HEADER`] of a message.
pub(crate) fn hops(properties: &BasicProperties) -> u8 {
    let Some(headers) = properties.headers() else {
        return 0;
    };
    match headers.inner().get(HOPS_HEADER).map(original::attribute_value) {
        Some(AttributeValue::Integer(hops)) => u8::try_from(hops).unwrap_or_default(),
        Some(AttributeValue::Text(hops)) => hops.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// What is to happen to a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Settlement {
    Ack(u64),
    Requeue(u64),
}

/// The life of the channel that messages came by.
#[derive(Clone, Debug)]
pub struct Session(Arc<CancellationToken>);

impl Session {
    /// Whether the channel is still there. If not, the broker hands out again whatever was not acknowledged by it.
    pub fn is_live(&self) -> bool {
        !self.0.is_cancelled()
    }

    /// Returns when the channel is gone.
    pub async fn ended(&self) {
        self.0.cancelled().await;
    }
}

/// The one place where a message is settled. Dropped unsettled, it gives the message back to the queue.
#[derive(Debug)]
pub struct Receipt {
    tag: u64,
    settlements: mpsc::UnboundedSender<Settlement>,
    session: Arc<CancellationToken>,
    open: bool,
}

impl Receipt {
    pub(crate) fn new(
        tag: u64,
        settlements: mpsc::UnboundedSender<Settlement>,
        session: Arc<CancellationToken>,
    ) -> Self {
        Self { tag, settlements, session, open: true }
    }

    /// Whether the channel the message came by is still there. If not, the broker hands the message out again, whatever
    /// is done with this receipt.
    pub fn is_live(&self) -> bool {
        !self.session.is_cancelled()
    }

    /// The channel the message came by.
    pub fn session(&self) -> Session {
        Session(Arc::clone(&self.session))
    }

    /// The next step is confirmed: the message may go.
    pub fn ack(mut self) {
        self.settle(Settlement::Ack(self.tag));
    }

    /// Nothing has been done for it: back to the queue.
    pub fn requeue(mut self) {
        self.settle(Settlement::Requeue(self.tag));
    }

    fn settle(&mut self, settlement: Settlement) {
        self.open = false;
        // Closed when the session has ended, and then there is nothing left to settle.
        let _ended = self.settlements.send(settlement);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if self.open && self.is_live() {
            warn!(tag = self.tag, "a message was dropped unsettled and goes back to its queue");
            self.settle(Settlement::Requeue(self.tag));
        }
    }
}
