//! The attributes that are free text within bounds: id, source, subject, data schema.
//!
//! CloudEvents forbids control characters and noncharacters in them. So does every place they go later: headers,
//! log lines, terminals.

use thiserror::Error;
use uuid::Uuid;

use crate::checked::checked_string;

/// The longest id, in bytes: what the AMQP property `message_id` can hold.
pub const MAX_ID: usize = 255;

/// The longest source, in bytes.
pub const MAX_SOURCE: usize = 1024;

/// The longest subject, in bytes.
pub const MAX_SUBJECT: usize = 1024;

/// The longest data schema, in bytes.
pub const MAX_DATA_SCHEMA: usize = 2048;

checked_string! {
    /// The id its publisher gave the event, unique within the source: 1 to [`MAX_ID`] bytes.
    EventId, InvalidText, check::<MAX_ID>
}

checked_string! {
    /// Who published the event, a URI reference by custom (`/crm/sales`): 1 to [`MAX_SOURCE`] bytes.
    Source, InvalidText, check::<MAX_SOURCE>
}

checked_string! {
    /// What the event is about within its source, such as a record's id: 1 to [`MAX_SUBJECT`] bytes.
    Subject, InvalidText, check::<MAX_SUBJECT>
}

checked_string! {
    /// The schema its data follows, a URI by custom: 1 to [`MAX_DATA_SCHEMA`] bytes.
    DataSchema, InvalidText, check::<MAX_DATA_SCHEMA>
}

impl From<Uuid> for EventId {
    fn from(uuid: Uuid) -> Self {
        let mut buffer = Uuid::encode_buffer();
        Self((&*uuid.hyphenated().encode_lower(&mut buffer)).into())
    }
}

impl Source {
    /// The source of an event whose publisher names none.
    pub fn unknown() -> Self {
        Self("/unknown".into())
    }
}

/// Why a text cannot be an attribute's value; whoever reports it names the attribute.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidText {
    /// It is missing or has no characters.
    #[error("must not be empty")]
    Empty,
    /// It is too long.
    #[error("is {length} bytes long: use at most {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most bytes it may have.
        limit: usize,
    },
    /// A control character or a Unicode noncharacter.
    #[error("has a control character or noncharacter at byte {at}: remove it")]
    Forbidden {
        /// Where it stands, in bytes.
        at: usize,
    },
}

/// Checks that a text has 1 to `MAX` bytes and no forbidden characters.
pub(crate) fn check<const MAX: usize>(text: &str) -> Result<(), InvalidText> {
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    if text.len() > MAX {
        return Err(InvalidText::TooLong { length: text.len(), limit: MAX });
    }
    match text.char_indices().find(|&(_, c)| is_forbidden(c)) {
        Some((at, _)) => Err(InvalidText::Forbidden { at }),
        None => Ok(()),
    }
}

fn is_forbidden(c: char) -> bool {
    // The noncharacters are U+FDD0 to U+FDEF and the last two of every plane.
    c.is_control() || matches!(c, '\u{FDD0}'..='\u{FDEF}') || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_any_script() {
        let subject = "Müller GmbH / بريد / 郵便 📯";
        assert_eq!(subject.parse::<Subject>().map(|s| s.to_string()), Ok(subject.to_owned()));
    }

    #[test]
    fn refuses_control_characters() {
        for text in ["a\nb", "a\0b", "a\u{7f}", "a\u{85}", "a\u{fdd0}", "a\u{ffff}", "a\u{1fffe}"] {
            assert_eq!(text.parse::<EventId>(), Err(InvalidText::Forbidden { at: 1 }), "{text:?}");
        }
    }

    #[test]
    fn bounds_the_length() {
        assert_eq!("".parse::<Source>(), Err(InvalidText::Empty));
        assert!("x".repeat(MAX_ID).parse::<EventId>().is_ok());
        let refused = InvalidText::TooLong { length: 256, limit: 255 };
        assert_eq!("x".repeat(256).parse::<EventId>(), Err(refused));
    }

    #[test]
    fn makes_an_id_of_a_uuid() {
        assert_eq!(EventId::from(Uuid::nil()).as_str(), "00000000-0000-0000-0000-000000000000");
    }
}
