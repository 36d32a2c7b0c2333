//! A message as any AMQP library delivers it, borrowed, and the bounds on what is accepted.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{AttributeValue, Malformed};

/// The parts of an AMQP 0.9.1 message that matter to an event. An empty property counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// The routing key it was published with.
    pub routing_key: &'a str,
    /// The media type of the body.
    pub content_type: Option<&'a str>,
    /// How the body is encoded; only `identity` and `utf-8` are understood.
    pub content_encoding: Option<&'a str>,
    /// The publisher's id for it.
    pub message_id: Option<&'a str>,
    /// The publishing application.
    pub app_id: Option<&'a str>,
    /// The property `type`.
    pub message_type: Option<&'a str>,
    /// When it was published, in whole seconds since 1970.
    pub timestamp: Option<u64>,
    /// The broker user that published it, validated by the broker. No attribute comes from it: it says who may speak
    /// for a tenant.
    pub user_id: Option<&'a str>,
    /// Headers, in order.
    pub headers: Vec<(Cow<'a, str>, AttributeValue<'a>)>,
    /// The body.
    pub body: Bytes,
}

/// What is accepted at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message's body.
    pub max_body: usize,
    /// Headers of a message.
    pub max_headers: usize,
    /// Bytes of all headers' names and values together.
    pub max_header_bytes: usize,
}

impl Default for Limits {
    /// 1 MiB of body; 128 headers with 32 KiB.
    fn default() -> Self {
        Self { max_body: 1 << 20, max_headers: 128, max_header_bytes: 32 << 10 }
    }
}

impl Limits {
    /// Checks the sizes of a message, before anything of it is looked at.
    pub(super) fn check(&self, message: &Message<'_>) -> Result<(), Malformed> {
        let length = message.body.len();
        if length > self.max_body {
            return Err(Malformed::BodyTooLarge { length, limit: self.max_body });
        }
        let count = message.headers.len();
        let size = message.headers.iter().map(|(name, value)| name.len() + value.size()).sum();
        if count > self.max_headers || size > self.max_header_bytes {
            return Err(Malformed::HeadersTooLarge {
                count,
                size,
                max_count: self.max_headers,
                max_size: self.max_header_bytes,
            });
        }
        Ok(())
    }
}
