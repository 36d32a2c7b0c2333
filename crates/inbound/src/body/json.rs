//! JSON, after a walk over its bytes that counts what it would become.

use serde_json::Value;

use super::{MAX_BODY_DEPTH, MAX_BODY_VALUES};
use crate::Reason;

/// The value of a text.
pub(super) fn parse(text: &str) -> Result<Value, Reason> {
    count(text)?;
    serde_json::from_str(text).map_err(|_| Reason::Malformed)
}

/// Bounds depth and number of values by the brackets and commas outside texts.
fn count(text: &str) -> Result<(), Reason> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > MAX_BODY_DEPTH {
            return Err(Reason::Deep);
        }
        if values > MAX_BODY_VALUES {
            return Err(Reason::Large);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_depth_and_number_before_it_parses() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(MAX_BODY_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_BODY_DEPTH + 1)), Err(Reason::Deep));
        assert_eq!(parse(&"{\"a\":".repeat(1_000_000)), Err(Reason::Deep));
        assert_eq!(parse(&format!("[{}0]", "0,".repeat(MAX_BODY_VALUES))), Err(Reason::Large));
        assert_eq!(parse("{"), Err(Reason::Malformed));
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[\\[\\]{},\\\\\"a]{0,9}".prop_map(Value::from)
        ];
        scalar.prop_recursive(8, 60, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[\\[\"\\\\]{0,3}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn refuses_nothing_that_is_within_bounds(value in values()) {
            prop_assume!(depth(&value) <= MAX_BODY_DEPTH);
            prop_assert_eq!(parse(&value.to_string()), Ok(value));
        }
    }
}
