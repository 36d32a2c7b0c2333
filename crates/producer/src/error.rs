//! What can go wrong, named for what the caller can do about it.

use std::time::Duration;

use barid_broker::PublishError;
use barid_event::Malformed;

/// Why an event is not published, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There was no connection in time. The reason is in the log (`tracing`): a wrong URL, wrong credentials, no broker.
    #[error("no connection to the broker within {0:?}: check url and credentials")]
    Unreachable(Duration),
    /// Something in the configuration cannot work.
    #[error("producer configuration: {0}")]
    Config(String),
    /// The broker refused the event, for example because a queue is full. It is not stored everywhere it should be: publish
    /// it again later.
    #[error("the broker refused the event: publish it again later")]
    Refused,
    /// No queue was bound for it, so it is stored nowhere: Barid is not set up on this broker.
    #[error("exchange {exchange:?} has no queue for the event ({text}): set it up with `barid topology --apply`")]
    Unroutable {
        /// The exchange it was published to.
        exchange: String,
        /// The broker's explanation.
        text: String,
    },
    /// The connection was lost before the confirm, or none came in time: the event may or may not be stored. Publish the
    /// same event again; a duplicate carries the same id. If this never ends, the exchange may be missing.
    #[error("no confirm of the event: publish the same event again")]
    Lost,
    /// The payload is larger than allowed. It was not sent: publish a link to what is larger.
    #[error("payload has {size} bytes, more than {limit}: publish a link to it")]
    TooLarge {
        /// Bytes of the payload.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The producer is closed, and nothing more is tried. An event that was waiting to be published again may be stored.
    #[error("the producer is closed")]
    Closed,
}

impl Error {
    /// Whether publishing the same event again may succeed.
    pub fn is_worth_a_repetition(&self) -> bool {
        match self {
            Self::Refused | Self::Unroutable { .. } | Self::Lost => true,
            Self::Unreachable(_) | Self::Config(_) | Self::TooLarge { .. } | Self::Closed => false,
        }
    }
}

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Nacked => Self::Refused,
            PublishError::Returned { exchange, text, .. } => Self::Unroutable { exchange, text },
            PublishError::Lost => Self::Lost,
            PublishError::TooLarge { size, limit } => Self::TooLarge { size, limit },
            PublishError::Closed => Self::Closed,
        }
    }
}

/// Why no event could be made.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEvent {
    /// An attribute is not as it must be.
    #[error(transparent)]
    Attribute(#[from] Malformed),
    /// The value has no JSON form, for example because a map has keys that are no strings.
    #[error("data cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
