//! Reading a stream: from its beginning, from an offset, from a time, or from now on.
//!
//! A stream is not used up by reading, and nothing of it can be given back: an acknowledgement is only credit for more.
//! So a [`Reader`] is asked for entries one by one, and starts again by itself behind the last one it gave whenever its
//! channel or connection ends. Offsets rise; where they leap, the broker has dropped what was in between.

use barid_event::amqp::Message;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, StreamExt};
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::time::{Duration, sleep};
use tracing::{debug, warn};

use crate::error::Error;
use crate::incoming::hops;
use crate::link::{Link, Opened};
use crate::original::{self, Original};
use crate::topology::provision::short;

/// The pause before a reader starts again, so that a missing stream is no busy loop.
const PAUSE: Duration = Duration::from_millis(500);

/// The argument that says where to begin, and the header that says where an entry is.
const OFFSET: &str = "x-stream-offset";

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest entry that is kept.
    First,
    /// At this offset; at the oldest entry, if that is newer.
    Offset(u64),
    /// At what came in at this time; up to a second earlier, and a few entries that were written together. At the oldest
    /// entry, if that is newer; at what comes next, if nothing is.
    Time(DateTime<Utc>),
    /// At what comes in from now on.
    Next,
}

/// An entry of a stream.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place in the stream.
    pub offset: u64,
    /// The exchange it was published to.
    pub exchange: String,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The body.
    pub body: Bytes,
    properties: BasicProperties,
}

impl Entry {
    fn new(delivery: Delivery) -> Option<Self> {
        let headers = delivery.properties.headers().as_ref()?;
        let offset = original::integer(headers.inner().get(OFFSET)?)?;
        Some(Self {
            offset: u64::try_from(offset).ok()?,
            exchange: delivery.exchange.to_string(),
            routing_key: delivery.routing_key.to_string(),
            body: Bytes::from(delivery.data),
            properties: delivery.properties,
        })
    }

    /// The content type, or nothing.
    pub fn content_type(&self) -> Option<&str> {
        self.properties.content_type().as_ref().map(ShortString::as_str)
    }

    /// How often the event has passed through Barid before: the header `barid-hops`.
    pub fn hops(&self) -> u8 {
        hops(&self.properties)
    }

    /// The parts an event is read from.
    pub fn message(&self) -> Message<'_> {
        original::message(&self.routing_key, &self.properties, self.body.clone())
    }

    /// The message as it came in.
    pub fn original(&self) -> Original {
        Original::new(self.exchange.clone(), self.routing_key.clone(), &self.properties, self.body.clone())
    }
}

/// Reads one stream.
pub struct Reader {
    link: Link,
    stream: String,
    start: Start,
    credit: u16,
    session: Option<Session>,
}

/// A consumer on the broker, and what it is owed.
struct Session {
    opened: Opened,
    consumer: lapin::Consumer,
    /// Entries given since the last acknowledgement.
    owed: u16,
    last_tag: u64,
}

impl Reader {
    /// A reader of `stream` on this connection. The broker sends up to `credit` entries (at least 1) ahead, which are in
    /// memory until they are asked for. Nothing is sent before the first call of [`Reader::next`].
    pub fn new(link: Link, stream: String, start: Start, credit: u16) -> Self {
        Self { link, stream, start, credit: credit.max(1), session: None }
    }

    /// Where it begins the next time it has to: behind the last entry it gave.
    pub fn position(&self) -> Start {
        self.start
    }

    /// The next entry, however long it takes to come. It may be dropped while it waits without losing one.
    ///
    /// Who does not ask for half an hour is disconnected by the broker, which costs no more than starting again.
    pub async fn next(&mut self) -> Entry {
        loop {
            match self.attempt().await {
                Ok(Some(entry)) => {
                    self.start = Start::Offset(entry.offset.saturating_add(1));
                    return entry;
                }
                Ok(None) => debug!(stream = self.stream, "the reader starts again"),
                Err(error) => warn!(stream = self.stream, %error, "the reader failed and starts again"),
            }
            self.session = None;
            sleep(PAUSE).await;
        }
    }

    /// The next entry; nothing when the session has ended.
    async fn attempt(&mut self) -> Result<Option<Entry>, Error> {
        if self.session.is_none() {
            self.session = Some(self.open().await?);
        }
        let Some(session) = &mut self.session else { return Ok(None) };
        loop {
            if session.owed > self.credit / 2 {
                session.pay().await?;
            }
            let delivery = if let Some(delivery) = session.consumer.next().now_or_never() {
                delivery
            } else {
                // Nothing is owed while nothing comes, or the broker would take us for dead.
                session.pay().await?;
                tokio::select! {
                    delivery = session.consumer.next() => delivery,
                    () = session.opened.ended() => None,
                }
            };
            // From here on nothing is waited for: what was taken is given.
            let Some(delivery) = delivery else { return Ok(None) };
            let delivery = delivery?;
            session.last_tag = delivery.delivery_tag;
            session.owed += 1;
            let entry = Entry::new(delivery)
                .ok_or_else(|| Error::Topology(format!("{} is no stream: its entries have no offset", self.stream)))?;
            // The broker may begin with the first of those that were written together.
            if !matches!(self.start, Start::Offset(wanted) if entry.offset < wanted) {
                return Ok(Some(entry));
            }
        }
    }

    async fn open(&mut self) -> Result<Session, Error> {
        let opened = self.link.channel().await?;
        let channel = &opened.channel;
        channel.basic_qos(self.credit, BasicQosOptions { global: false }).await?;
        let start = match self.start {
            Start::First => AMQPValue::LongString("first".into()),
            Start::Next => AMQPValue::LongString("next".into()),
            Start::Offset(offset) => AMQPValue::LongLongInt(i64::try_from(offset).unwrap_or(i64::MAX)),
            Start::Time(time) => AMQPValue::Timestamp(u64::try_from(time.timestamp()).unwrap_or_default()),
        };
        let mut arguments = FieldTable::default();
        arguments.insert(OFFSET.into(), start);
        let options = BasicConsumeOptions::default();
        let consumer = channel.basic_consume(short(&self.stream)?, "".into(), options, arguments).await?;
        Ok(Session { opened, consumer, owed: 0, last_tag: 0 })
    }
}

impl Session {
    /// Gives the broker credit for what was taken.
    async fn pay(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.owed) > 0 {
            self.opened.channel.basic_ack(self.last_tag, BasicAckOptions { multiple: true }).await?;
        }
        Ok(())
    }
}
