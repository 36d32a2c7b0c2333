//! A message of ours on its way out, built from nothing.
//!
//! Only the properties and headers below are ever set. A publisher's `CC`, `BCC`, `expiration`, `priority` or `x-death`
//! cannot travel on, because nothing is copied from a message that came in.

use barid_event::{AttributeValue, Event, amqp};
use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::delay::Delay;
use crate::ledger::Route;
use crate::names::{Lane, Names};
use crate::original::{Header, Original};

/// The delivery mode of a message that survives a restart of the broker.
const PERSISTENT: u8 = 2;

/// What a message of ours is, as its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Deliveries for a lane.
    Work,
    /// A dead letter.
    DeadLetter,
    /// A notice between processes.
    Notice,
    /// The router's proof that the inbox is bound.
    Canary,
    /// A batch of records.
    Ledger,
}

impl Kind {
    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Work => "application/vnd.barid.work",
            Self::DeadLetter => "application/vnd.barid.dead-letter",
            Self::Notice => "application/vnd.barid.notice+json",
            Self::Canary => "application/vnd.barid.canary",
            Self::Ledger => "application/vnd.barid.ledger",
        }
    }
}

/// A message to publish.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Bytes,
}

impl Outgoing {
    /// Deliveries for a lane, at once.
    pub fn to_lane(names: &Names, lane: &Lane, body: Bytes) -> Self {
        Self::of(Kind::Work, names.lanes(), lane.to_string(), body)
    }

    /// Deliveries for a lane, after a delay.
    pub fn to_lane_after(names: &Names, lane: &Lane, delay: Delay, body: Bytes) -> Self {
        Self::of(Kind::Work, names.delay(delay.entry_level()), delay.routing_key(lane), body)
    }

    /// A dead letter.
    pub fn dead_letter(names: &Names, body: Bytes) -> Self {
        Self::of(Kind::DeadLetter, names.dead(), String::new(), body)
    }

    /// A notice to every process.
    pub(crate) fn notice(names: &Names, body: Bytes) -> Self {
        Self::of(Kind::Notice, names.control(), String::new(), body)
    }

    /// A batch of records for the ledger.
    pub(crate) fn ledger(names: &Names, route: Route, body: Bytes) -> Self {
        Self::of(Kind::Ledger, names.ledger(), route.key().to_owned(), body)
    }

    /// A canary through the events exchange.
    pub fn canary(names: &Names, body: Bytes) -> Self {
        Self::of(Kind::Canary, names.events().to_owned(), "barid.canary".to_owned(), body)
    }

    /// An event for the events exchange, as a CRM service would publish it.
    pub fn event(names: &Names, event: &Event) -> Self {
        let message = amqp::write(event);
        let mut headers = FieldTable::default();
        for (name, value) in message.headers {
            let value = match value {
                AttributeValue::Text(text) => AMQPValue::LongString(text.as_ref().into()),
                AttributeValue::Bool(value) => AMQPValue::Boolean(value),
                AttributeValue::Integer(value) => AMQPValue::LongLongInt(value),
                AttributeValue::Timestamp(seconds) => AMQPValue::Timestamp(seconds),
                AttributeValue::Null | AttributeValue::Unsupported(_) => continue,
            };
            if let Ok(name) = ShortString::try_new(name) {
                headers.insert(name, value);
            }
        }
        let properties = Properties {
            content_type: message.content_type,
            message_id: message.message_id,
            app_id: message.app_id,
            message_type: message.message_type,
            timestamp: message.timestamp,
            content_encoding: None,
        };
        let (exchange, routing_key) = (names.events().to_owned(), message.routing_key.to_owned());
        Self { exchange, routing_key, properties: properties.with(headers), body: message.body }
    }

    /// A message that died as no event, for another try: as it came in, less what must not travel on.
    pub fn again(names: &Names, original: &Original) -> Self {
        let mut headers = FieldTable::default();
        for (name, value) in original.headers.iter().filter(|(name, _)| may_travel(name)) {
            let value = match value {
                Header::Text(text) => AMQPValue::LongString(text.as_str().into()),
                Header::Boolean(value) => AMQPValue::Boolean(*value),
                Header::Integer(value) => AMQPValue::LongLongInt(*value),
                Header::Timestamp(seconds) => AMQPValue::Timestamp(*seconds),
                Header::Other(_) => continue,
            };
            if let Ok(name) = ShortString::try_new(name.as_str()) {
                headers.insert(name, value);
            }
        }
        let properties = Properties {
            content_type: original.content_type.as_deref(),
            message_id: original.message_id.as_deref(),
            app_id: original.app_id.as_deref(),
            message_type: original.message_type.as_deref(),
            timestamp: original.timestamp,
            content_encoding: original.content_encoding.as_deref(),
        };
        Self {
            exchange: names.events().to_owned(),
            routing_key: original.routing_key.clone(),
            properties: properties.with(headers),
            body: original.body.clone(),
        }
    }

    /// The same, in the name of a broker user: the broker refuses it unless the connection belongs to that user. A name
    /// over 255 bytes, which no user can have, is left out.
    #[must_use]
    pub fn by_user(mut self, user: &str) -> Self {
        if let Ok(user) = ShortString::try_new(user) {
            self.properties = self.properties.with_user_id(user);
        }
        self
    }

    fn of(kind: Kind, exchange: String, routing_key: String, body: Bytes) -> Self {
        let properties =
            BasicProperties::default().with_delivery_mode(PERSISTENT).with_content_type(kind.content_type().into());
        Self { exchange, routing_key, properties, body }
    }
}

/// The basic properties an event may have.
struct Properties<'a> {
    content_type: Option<&'a str>,
    content_encoding: Option<&'a str>,
    message_id: Option<&'a str>,
    app_id: Option<&'a str>,
    message_type: Option<&'a str>,
    timestamp: Option<u64>,
}

impl Properties<'_> {
    fn with(self, headers: FieldTable) -> BasicProperties {
        // A value over 255 bytes fits no property. Those of an event are in the headers as well.
        let short = |text: Option<&str>| text.and_then(|text| ShortString::try_new(text).ok());
        let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(headers);
        if let Some(value) = short(self.content_type) {
            properties = properties.with_content_type(value);
        }
        if let Some(value) = short(self.content_encoding) {
            properties = properties.with_content_encoding(value);
        }
        if let Some(value) = short(self.message_id) {
            properties = properties.with_message_id(value);
        }
        if let Some(value) = short(self.app_id) {
            properties = properties.with_app_id(value);
        }
        if let Some(value) = short(self.message_type) {
            properties = properties.with_type(value);
        }
        if let Some(seconds) = self.timestamp {
            properties = properties.with_timestamp(seconds);
        }
        properties
    }
}

/// Headers that the broker acts on or adds never travel on.
fn may_travel(header: &str) -> bool {
    !["CC", "BCC"].contains(&header) && !header.starts_with("x-")
}
