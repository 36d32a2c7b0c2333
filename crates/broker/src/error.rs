//! What can go wrong between us and the broker, named for what the caller can do about it.

use crate::names::InvalidNamespace;

/// An error of the broker crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot work; nothing was tried.
    #[error("broker configuration: {0}")]
    Config(String),
    /// The broker answered with an error, or the connection broke. Try again later.
    #[error("broker: {0}")]
    Broker(#[from] lapin::Error),
    /// The broker did not answer in time. Try again later.
    #[error("the broker did not answer within {0:?}: {1}")]
    Timeout(std::time::Duration, &'static str),
    /// A message of ours could not be read.
    #[error("unreadable message: {0}")]
    Frame(#[from] crate::frame::FrameError),
    /// A publish that had to succeed did not.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The topology on the broker is not what we need.
    #[error("topology: {0}")]
    Topology(String),
}

impl From<InvalidNamespace> for Error {
    fn from(error: InvalidNamespace) -> Self {
        Self::Config(error.to_string())
    }
}

/// What became of a publish that was not confirmed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PublishError {
    /// The broker refused the message (a full queue that rejects). Nothing was stored in the refusing queue; try later.
    #[error("the broker refused the message")]
    Nacked,
    /// No queue was bound for it. Trying again helps only when the topology changes.
    #[error("the broker could not route the message to {exchange:?} with key {routing_key:?}: {code} {text}")]
    Returned {
        /// The exchange it was published to.
        exchange: String,
        /// The routing key it was published with.
        routing_key: String,
        /// AMQP reply code, 312 for "no route".
        code: u16,
        /// The broker's explanation.
        text: String,
    },
    /// The connection was lost before the confirm: the message may or may not be stored. Publish it again; a duplicate
    /// carries the same id.
    #[error("the connection was lost before the confirm")]
    Lost,
    /// The message is larger than [`crate::publisher::MAX_BODY`]; it was not sent.
    #[error("the message has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Bytes of the body.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The publisher has been shut down; the message was not sent.
    #[error("the publisher is shut down")]
    Closed,
}
