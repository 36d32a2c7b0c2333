//! A message as it came in, kept for a dead letter.

use barid_event::AttributeValue;
use barid_event::amqp;
use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde::{Deserialize, Serialize};

/// Bytes of headers that are kept. Whatever is beyond is left out, which the event's own limits call an error anyway.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// A message as it came in: its bytes, and what its publisher said about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The exchange it was published to.
    pub exchange: String,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The property of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The property of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// The property of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The property of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The property `type`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    /// The broker user that published it, validated by the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Its headers, up to 32 KiB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Header)>,
    /// Its body.
    #[serde(skip)]
    pub body: Bytes,
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// Text.
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Seconds since 1970.
    Timestamp(u64),
    /// Anything else: only its AMQP type is kept.
    Other(String),
}

impl Original {
    pub(crate) fn new(exchange: String, routing_key: String, properties: &BasicProperties, body: Bytes) -> Self {
        let text = |value: &Option<ShortString>| value.as_ref().map(ToString::to_string);
        let mut room = MAX_HEADER_BYTES;
        let headers = properties.headers().iter().flat_map(FieldTable::inner);
        let kept = headers.map_while(|(name, value)| {
            let header = keep(value);
            room = room.checked_sub(name.as_str().len() + size(&header))?;
            Some((name.to_string(), header))
        });
        Self {
            exchange,
            routing_key,
            content_type: text(properties.content_type()),
            content_encoding: text(properties.content_encoding()),
            message_id: text(properties.message_id()),
            app_id: text(properties.app_id()),
            message_type: text(properties.kind()),
            timestamp: *properties.timestamp(),
            user_id: text(properties.user_id()),
            headers: kept.collect(),
            body,
        }
    }
}

fn keep(value: &AMQPValue) -> Header {
    match attribute_value(value) {
        AttributeValue::Text(text) => Header::Text(text.into_owned()),
        AttributeValue::Bool(value) => Header::Boolean(value),
        AttributeValue::Integer(value) => Header::Integer(value),
        AttributeValue::Timestamp(seconds) => Header::Timestamp(seconds),
        AttributeValue::Null | AttributeValue::Unsupported(_) => Header::Other(value.get_type().to_string()),
    }
}

fn size(header: &Header) -> usize {
    match header {
        Header::Text(text) | Header::Other(text) => text.len(),
        Header::Boolean(_) => 1,
        Header::Integer(_) | Header::Timestamp(_) => 8,
    }
}

/// The parts of an AMQP message an event is read from, borrowed.
pub(crate) fn message<'a>(routing_key: &'a str, properties: &'a BasicProperties, body: Bytes) -> amqp::Message<'a> {
    let short = |value: &'a Option<ShortString>| value.as_ref().map(ShortString::as_str);
    let headers = properties.headers().iter().flat_map(FieldTable::inner);
    amqp::Message {
        routing_key,
        content_type: short(properties.content_type()),
        content_encoding: short(properties.content_encoding()),
        message_id: short(properties.message_id()),
        app_id: short(properties.app_id()),
        message_type: short(properties.kind()),
        timestamp: *properties.timestamp(),
        user_id: short(properties.user_id()),
        headers: headers.map(|(name, value)| (name.as_str().into(), attribute_value(value))).collect(),
        body,
    }
}

pub(crate) fn attribute_value(value: &AMQPValue) -> AttributeValue<'_> {
    match value {
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(utf8) => AttributeValue::Text(utf8.into()),
            Err(_) => AttributeValue::Unsupported(text.as_bytes().len()),
        },
        AMQPValue::ShortString(text) => AttributeValue::Text(text.as_str().into()),
        AMQPValue::Boolean(value) => AttributeValue::Bool(*value),
        AMQPValue::Timestamp(seconds) => AttributeValue::Timestamp(*seconds),
        AMQPValue::Void => AttributeValue::Null,
        other => integer(other).map_or(AttributeValue::Unsupported(depth_size(other)), AttributeValue::Integer),
    }
}

/// The size of a value that can be no attribute, so that nested tables count against the limit on headers.
fn depth_size(value: &AMQPValue) -> usize {
    match value {
        AMQPValue::LongString(text) => text.as_bytes().len(),
        AMQPValue::ShortString(text) => text.as_str().len(),
        AMQPValue::ByteArray(bytes) => bytes.len(),
        AMQPValue::FieldArray(values) => values.as_slice().iter().map(depth_size).sum(),
        AMQPValue::FieldTable(table) => {
            table.inner().iter().map(|(name, value)| name.as_str().len() + depth_size(value)).sum()
        }
        _ => 8,
    }
}

/// A whole number of any width.
pub(crate) fn integer(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::ShortShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongInt(n) => Some(i64::from(*n)),
        AMQPValue::LongUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongLongInt(n) => Some(*n),
        _ => None,
    }
}
