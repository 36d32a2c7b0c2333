//! The type of an event, which is its routing key as well: dotted words such as `deal.stage_changed`.
//!
//! The grammar is narrower than CloudEvents' on purpose: a type must work as an AMQP routing key, a queue-safe word
//! and a pattern's literal, and two spellings of one type help nobody.

use std::str::Split;

use thiserror::Error;

use crate::checked::checked_string;

/// The longest type, in bytes: AMQP's bound on a routing key.
pub const MAX_TYPE: usize = 255;

checked_string! {
    /// The type of an event: words of `[a-z0-9_]`, joined by dots, at most [`MAX_TYPE`] bytes.
    EventType, InvalidType, check
}

impl EventType {
    /// Its words, in order; at least one.
    pub fn words(&self) -> Split<'_, char> {
        self.as_str().split('.')
    }
}

/// Why a text is no event type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidType {
    /// It is missing or has no characters.
    #[error("type is empty: give dotted words such as `contact.created`")]
    Empty,
    /// It does not fit a routing key.
    #[error("type is {length} bytes long: use at most {MAX_TYPE}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Two dots meet, or a dot is first or last.
    #[error("type has an empty word at byte {at}: put words of a-z, 0-9 and _ between the dots")]
    EmptyWord {
        /// Where the empty word would stand, in bytes.
        at: usize,
    },
    /// A character that no word may hold.
    #[error("type has {found:?} at byte {at}: use only a-z, 0-9 and _ in words joined by dots")]
    Character {
        /// Where it stands, in bytes.
        at: usize,
        /// The character.
        found: char,
    },
}

fn check(text: &str) -> Result<(), InvalidType> {
    if text.is_empty() {
        return Err(InvalidType::Empty);
    }
    if text.len() > MAX_TYPE {
        return Err(InvalidType::TooLong { length: text.len() });
    }
    let mut word_start = 0;
    for (at, found) in text.char_indices() {
        if found == '.' {
            if at == word_start {
                return Err(InvalidType::EmptyWord { at });
            }
            word_start = at + 1;
        } else if !is_word_character(found) {
            return Err(InvalidType::Character { at, found });
        }
    }
    if word_start == text.len() {
        return Err(InvalidType::EmptyWord { at: word_start });
    }
    Ok(())
}

/// Whether a word of a type, or a literal word of a pattern, may hold this character.
pub(crate) fn is_word_character(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<EventType, InvalidType> {
        text.parse()
    }

    #[test]
    fn splits_into_its_words() {
        let words = parse("deal.stage_changed.v2").map(|t| t.words().map(str::to_owned).collect());
        assert_eq!(words, Ok(vec!["deal".into(), "stage_changed".into(), "v2".into()]));
    }

    #[test]
    fn refuses_a_type_with_upper_case() {
        assert_eq!(parse("deal.Won"), Err(InvalidType::Character { at: 5, found: 'W' }));
    }

    #[test]
    fn refuses_pattern_characters() {
        assert_eq!(parse("deal.*"), Err(InvalidType::Character { at: 5, found: '*' }));
        assert_eq!(parse("#"), Err(InvalidType::Character { at: 0, found: '#' }));
    }

    #[test]
    fn refuses_an_empty_type_and_empty_words() {
        assert_eq!(parse(""), Err(InvalidType::Empty));
        for (text, at) in [(".deal", 0), ("deal..won", 5), ("deal.", 5), (".", 0)] {
            assert_eq!(parse(text), Err(InvalidType::EmptyWord { at }), "{text}");
        }
    }

    #[test]
    fn bounds_the_length_in_bytes() {
        assert!(parse(&"a".repeat(MAX_TYPE)).is_ok());
        assert_eq!(parse(&"a".repeat(MAX_TYPE + 1)), Err(InvalidType::TooLong { length: 256 }));
    }

    #[test]
    fn says_what_to_do() {
        let error = InvalidType::Character { at: 4, found: ' ' };
        insta::assert_snapshot!(error, @"type has ' ' at byte 4: use only a-z, 0-9 and _ in words joined by dots");
    }

    proptest! {
        #[test]
        fn accepts_exactly_the_grammar(text in "[a-c0_.A*é]{0,6}") {
            let words_are_fine = text
                .split('.')
                .all(|word| !word.is_empty() && word.chars().all(is_word_character));
            prop_assert_eq!(parse(&text).is_ok(), words_are_fine);
        }
    }
}
