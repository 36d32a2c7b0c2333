//! Whether bytes are JSON that everything behind can process, without building a tree or copying anything.
//!
//! Skipping a value would be faster, but skips too much: depth, lone surrogates, numbers out of range. What passes here
//! can be parsed by filters and templates later without an error.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::Malformed;

/// How many levels of arrays and objects JSON may have, the envelope of a structured event being one;
/// `serde_json`'s own bound.
pub const MAX_JSON_DEPTH: usize = 127;

/// UTF-8's byte order mark, which RFC 8259 forbids.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Checks that `bytes` are one JSON value.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return Err(Malformed::InvalidJson { at: 0, problem: "it starts with a byte order mark".to_owned() });
    }
    parse::<WellFormed>(bytes).map(|WellFormed| ())
}

/// Deserializes from JSON, borrowing from it, and turns a failure into the byte where it is.
pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    serde_json::from_slice(bytes).map_err(|error| {
        let line_start = match error.line() {
            0 | 1 => 0,
            line => {
                bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1)
            }
        };
        let at = line_start + error.column().saturating_sub(1);
        Malformed::InvalidJson { at, problem: without_position(&error) }
    })
}

/// What `serde_json` says, without the line and column that it adds.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Visits a whole value and keeps nothing of it.
struct WellFormed;

impl<'de> Deserialize<'de> for WellFormed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for WellFormed {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while let Some(Self) = items.next_element()? {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while let Some((Self, Self)) = members.next_entry()? {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where the bytes stop being JSON, if they do.
    fn bad_at(bytes: &[u8]) -> Option<usize> {
        match check(bytes) {
            Err(Malformed::InvalidJson { at, .. }) => Some(at),
            _ => None,
        }
    }

    #[test]
    fn accepts_any_value() {
        for text in ["{}", " [1, 2.5e3, -0] ", r#""\u00e9""#, "null", "9007199254740993", r#"{"a":1,"a":2}"#] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
    }

    #[test]
    fn says_at_which_byte_it_breaks() {
        assert_eq!(bad_at(b"{\"a\": }"), Some(6));
        assert_eq!(bad_at(b"{\n\"a\": 1,\n\"b\": x}"), Some(15));
        assert_eq!(bad_at(b"\xEF\xBB\xBF{}"), Some(0));
        assert_eq!(bad_at(b"{} {}"), Some(3));
        assert!(bad_at(b"[\"\xff\"]").is_some());
        for text in ["", "  ", "{", "NaN", "1e400", r#""\ud800""#, "'a'"] {
            assert!(bad_at(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn stops_at_the_depth_without_overflowing_the_stack() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(check(&nested(MAX_JSON_DEPTH)), Ok(()));
        assert_eq!(bad_at(&nested(MAX_JSON_DEPTH + 1)), Some(MAX_JSON_DEPTH));
        assert_eq!(bad_at(&nested(100_000)), Some(MAX_JSON_DEPTH));
    }

    #[test]
    fn keeps_the_message_short() {
        let error = Malformed::InvalidJson { at: 6, problem: "expected value".into() };
        assert_eq!(check(b"{\"a\": }"), Err(error));
    }

    proptest! {
        #[test]
        fn agrees_with_a_parser_that_builds_the_tree(text in r#"[\[\]{}:,"a1.e\-\\u t]{0,12}"#) {
            prop_assert_eq!(check(text.as_bytes()).is_ok(), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }
}
