//! Why a message is no event: what the dead letter says, in one stable word for machines and one sentence for people.

use thiserror::Error;

use crate::text::InvalidText;
use crate::time::InvalidTime;
use crate::{InvalidTenant, InvalidType, MAX_JSON_DEPTH};

/// Why a message is no event. No variant quotes payload or values, so it can be logged and stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The body is larger than the limit.
    #[error("body is {length} bytes: publish at most {limit}, and a link to what is larger")]
    BodyTooLarge {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The headers are too many, or too large together.
    #[error("headers are {count} with {size} bytes: send at most {max_count} with {max_size} bytes")]
    HeadersTooLarge {
        /// How many there are.
        count: usize,
        /// The bytes of their names and values.
        size: usize,
        /// The most there may be.
        max_count: usize,
        /// The most bytes they may have.
        max_size: usize,
    },
    /// The body is compressed, or encoded in some other way.
    #[error("content_encoding is neither absent, `identity` nor `utf-8`: publish the body uncompressed")]
    UnsupportedContentEncoding,
    /// Several events in one message.
    #[error("content_type is a batch of events: publish one event per message")]
    BatchNotAllowed,
    /// A whole event in another format than JSON.
    #[error("content_type is an event format other than JSON: use `application/cloudevents+json`")]
    UnsupportedFormat,
    /// The body (or the data decoded from it) claims JSON and is none that can be processed.
    #[error(
        "data is no JSON at byte {at}: {problem} (UTF-8 without byte order mark, at most {MAX_JSON_DEPTH} levels deep)"
    )]
    InvalidJson {
        /// Where, counted in bytes from the start of the body.
        at: usize,
        /// What the parser says.
        problem: String,
    },
    /// The data of a structured event does not fit what is said about it.
    #[error("data {problem}")]
    InvalidData {
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// Another version of CloudEvents.
    #[error("specversion is not 1.0: send CloudEvents 1.0, or leave it out")]
    UnsupportedSpecversion,
    /// One attribute has two different values.
    #[error("{name} is given twice with different values: give it once")]
    AttributesDisagree {
        /// The attribute.
        name: String,
    },
    /// No id, or a bad one.
    #[error("id {0}")]
    InvalidId(InvalidText),
    /// No source, or a bad one.
    #[error("source {0}")]
    InvalidSource(InvalidText),
    /// No type, or a bad one.
    #[error(transparent)]
    InvalidType(#[from] InvalidType),
    /// No time, or a bad one.
    #[error(transparent)]
    InvalidTime(#[from] InvalidTime),
    /// A bad tenant.
    #[error(transparent)]
    InvalidTenant(#[from] InvalidTenant),
    /// Any other attribute that is not as it must be.
    #[error("{name} {problem}")]
    InvalidAttribute {
        /// The attribute, cut short if it is long.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// How much of a bad attribute's name an error repeats, in characters.
const SHOWN_NAME: usize = 40;

impl Malformed {
    /// Every reason there is, for documentation and metrics.
    pub const REASONS: [&str; 15] = [
        "body_too_large",
        "headers_too_large",
        "unsupported_content_encoding",
        "batch_not_allowed",
        "unsupported_format",
        "invalid_json",
        "invalid_data",
        "unsupported_specversion",
        "attributes_disagree",
        "invalid_id",
        "invalid_source",
        "invalid_type",
        "invalid_time",
        "invalid_tenant",
        "invalid_attribute",
    ];

    /// The reason as one stable word: what dead letters, metrics and filters name it by.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::HeadersTooLarge { .. } => "headers_too_large",
            Self::UnsupportedContentEncoding => "unsupported_content_encoding",
            Self::BatchNotAllowed => "batch_not_allowed",
            Self::UnsupportedFormat => "unsupported_format",
            Self::InvalidJson { .. } => "invalid_json",
            Self::InvalidData { .. } => "invalid_data",
            Self::UnsupportedSpecversion => "unsupported_specversion",
            Self::AttributesDisagree { .. } => "attributes_disagree",
            Self::InvalidId(_) => "invalid_id",
            Self::InvalidSource(_) => "invalid_source",
            Self::InvalidType(_) => "invalid_type",
            Self::InvalidTime(_) => "invalid_time",
            Self::InvalidTenant(_) => "invalid_tenant",
            Self::InvalidAttribute { .. } => "invalid_attribute",
        }
    }

    pub(crate) fn attribute(name: &str, problem: impl Into<String>) -> Self {
        // A header's name is the publisher's, and may hold anything.
        let name = name.chars().take(SHOWN_NAME).flat_map(char::escape_debug).collect();
        Self::InvalidAttribute { name, problem: problem.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_reason_once() {
        let one_of_each = [
            Malformed::BodyTooLarge { length: 2, limit: 1 },
            Malformed::HeadersTooLarge { count: 1, size: 2, max_count: 1, max_size: 1 },
            Malformed::UnsupportedContentEncoding,
            Malformed::BatchNotAllowed,
            Malformed::UnsupportedFormat,
            Malformed::InvalidJson { at: 0, problem: String::new() },
            Malformed::InvalidData { problem: "" },
            Malformed::UnsupportedSpecversion,
            Malformed::AttributesDisagree { name: "id".into() },
            Malformed::InvalidId(InvalidText::Empty),
            Malformed::InvalidSource(InvalidText::Empty),
            Malformed::InvalidType(InvalidType::Empty),
            Malformed::InvalidTime(InvalidTime::Missing),
            Malformed::InvalidTenant(InvalidTenant::Empty),
            Malformed::attribute("subject", "is bad"),
        ];
        assert_eq!(one_of_each.map(|malformed| malformed.reason()), Malformed::REASONS);
    }

    #[test]
    fn says_which_field_and_what_to_do() {
        insta::assert_snapshot!(Malformed::InvalidId(InvalidText::TooLong { length: 300, limit: 255 }), @"id is 300 bytes long: use at most 255");
        insta::assert_snapshot!(Malformed::attribute("x\n", "must not be empty"), @r"x\n must not be empty");
    }
}
