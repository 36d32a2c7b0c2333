//! Patterns over event types, with AMQP's topic syntax: `*` stands for one word, `#` for zero or more.
//!
//! Matching is the glob algorithm that remembers only the last `#`: no allocation, and at worst the product of both
//! word counts, which the bounds keep small.

use std::str::Split;

use thiserror::Error;

use crate::checked::checked_string;
use crate::event_type::{EventType, is_word_character};

/// The longest pattern, in bytes: AMQP's bound on a binding key.
pub const MAX_PATTERN: usize = 255;

/// The most words a pattern may have.
pub const MAX_PATTERN_WORDS: usize = 32;

checked_string! {
    /// Which types somebody wants: words of a type, `*` (one word) or `#` (zero or more words), joined by dots.
    ///
    /// At most [`MAX_PATTERN`] bytes and [`MAX_PATTERN_WORDS`] words.
    Pattern, InvalidPattern, check
}

/// One word of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatternWord<'a> {
    /// This very word.
    Literal(&'a str),
    /// `*`: any one word.
    One,
    /// `#`: zero or more words.
    Many,
}

/// The words of a pattern, in order; at least one.
#[derive(Debug, Clone)]
pub struct PatternWords<'a>(Split<'a, char>);

impl<'a> Iterator for PatternWords<'a> {
    type Item = PatternWord<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|word| match word {
            "*" => PatternWord::One,
            "#" => PatternWord::Many,
            literal => PatternWord::Literal(literal),
        })
    }
}

impl Pattern {
    /// Its words, in order; at least one.
    pub fn words(&self) -> PatternWords<'_> {
        PatternWords(self.as_str().split('.'))
    }

    /// Whether this pattern wants that type.
    pub fn matches(&self, event_type: &EventType) -> bool {
        let mut pattern = self.words();
        let mut words = event_type.words();
        // Where to go on when the words after the last `#` do not fit: that `#` takes one word more.
        let mut after_last_many: Option<(PatternWords<'_>, Split<'_, char>)> = None;
        loop {
            let fits = match pattern.next() {
                Some(PatternWord::Many) => {
                    after_last_many = Some((pattern.clone(), words.clone()));
                    true
                }
                Some(PatternWord::One) => words.next().is_some(),
                Some(PatternWord::Literal(literal)) => words.next() == Some(literal),
                None if words.next().is_none() => return true,
                None => false,
            };
            if fits {
                continue;
            }
            let Some((rest_of_pattern, rest_of_words)) = &mut after_last_many else {
                return false;
            };
            if rest_of_words.next().is_none() {
                return false;
            }
            pattern = rest_of_pattern.clone();
            words = rest_of_words.clone();
        }
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidPattern {
    /// It has no characters.
    #[error("pattern is empty: give a type such as `contact.created`, or `#` for every event")]
    Empty,
    /// It does not fit a binding key.
    #[error("pattern is {length} bytes long: use at most {MAX_PATTERN}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// More words than the matcher's bound.
    #[error("pattern has {count} words: use at most {MAX_PATTERN_WORDS}")]
    TooManyWords {
        /// How many it has.
        count: usize,
    },
    /// A word that is neither a type's word, nor `*`, nor `#`.
    #[error("pattern has a bad word {number}: each is `*`, `#`, or made of a-z, 0-9 and _")]
    Word {
        /// Which one, counted from 1.
        number: usize,
    },
}

fn check(text: &str) -> Result<(), InvalidPattern> {
    if text.is_empty() {
        return Err(InvalidPattern::Empty);
    }
    if text.len() > MAX_PATTERN {
        return Err(InvalidPattern::TooLong { length: text.len() });
    }
    let count = text.split('.').count();
    if count > MAX_PATTERN_WORDS {
        return Err(InvalidPattern::TooManyWords { count });
    }
    let is_good = |word: &str| match word {
        "*" | "#" => true,
        literal => !literal.is_empty() && literal.chars().all(is_word_character),
    };
    match text.split('.').position(|word| !is_good(word)) {
        Some(before) => Err(InvalidPattern::Word { number: before + 1 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// What a pattern means, said as plainly as possible.
    fn naive(pattern: &[PatternWord<'_>], words: &[&str]) -> bool {
        match (pattern, words) {
            ([], _) => words.is_empty(),
            ([PatternWord::Many, rest @ ..], _) => (0..=words.len()).any(|taken| naive(rest, &words[taken..])),
            ([PatternWord::One, rest @ ..], [_, words @ ..]) => naive(rest, words),
            ([PatternWord::Literal(literal), rest @ ..], [word, words @ ..]) => literal == word && naive(rest, words),
            (_, []) => false,
        }
    }

    #[test]
    fn matches_like_a_topic_exchange() -> TestResult {
        for (pattern, event_type, expected) in [
            ("deal.won", "deal.won", true),
            ("deal.won", "deal.lost", false),
            ("deal.*", "deal.won", true),
            ("deal.*", "deal", false),
            ("deal.*", "deal.won.late", false),
            ("deal.#", "deal", true),
            ("deal.#", "deal.won.late", true),
            ("#.created", "created", true),
            ("#.created", "contact.phone.created", true),
            ("#.a.#.b", "x.a.y.a.b", true),
            ("#.a.#.b", "x.a.y.a", false),
            ("#", "anything.at.all", true),
        ] {
            let matched = pattern.parse::<Pattern>()?.matches(&event_type.parse()?);
            assert_eq!(matched, expected, "{pattern} on {event_type}");
        }
        Ok(())
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        let parse = |text: &str| text.parse::<Pattern>();
        assert_eq!(parse(""), Err(InvalidPattern::Empty));
        assert_eq!(parse("deal.**"), Err(InvalidPattern::Word { number: 2 }));
        assert_eq!(parse("deal..won"), Err(InvalidPattern::Word { number: 2 }));
        assert_eq!(parse("Deal.won"), Err(InvalidPattern::Word { number: 1 }));
        assert_eq!(parse("deal.w#"), Err(InvalidPattern::Word { number: 2 }));
        assert_eq!(parse(&"a".repeat(256)), Err(InvalidPattern::TooLong { length: 256 }));
    }

    #[test]
    fn bounds_the_words() {
        let words = |count| vec!["#"; count].join(".").parse::<Pattern>();
        assert!(words(MAX_PATTERN_WORDS).is_ok());
        assert_eq!(words(33), Err(InvalidPattern::TooManyWords { count: 33 }));
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_matcher(
            pattern in "([ab*#])(\\.[ab*#]){0,6}",
            event_type in "([ab])(\\.[ab]){0,7}",
        ) {
            let pattern: Pattern = pattern.parse()?;
            let event_type: EventType = event_type.parse()?;
            let pattern_words: Vec<_> = pattern.words().collect();
            let words: Vec<_> = event_type.words().collect();
            prop_assert_eq!(pattern.matches(&event_type), naive(&pattern_words, &words));
        }
    }
}
