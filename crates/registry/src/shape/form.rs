//! A form: one pair per scalar, its key the way to it in brackets, `data[lines][0][sku]`. Null is an empty value; empty lists
//! and objects leave no pair.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{MAX_OUTPUT, ShapeError};

/// The key of data that is no object, where there is no envelope.
const DATA: &str = "data";

/// A form of these members.
pub(super) fn members(members: &[(&str, Value)]) -> Result<Bytes, ShapeError> {
    let mut body = String::new();
    for (key, value) in members {
        pairs(&mut body, &mut (*key).to_owned(), value)?;
    }
    Ok(body.into())
}

/// A form of the members of an object, or of `data` where it is something else.
pub(super) fn value(value: &Value) -> Result<Bytes, ShapeError> {
    let mut body = String::new();
    if let Value::Object(members) = value {
        for (key, member) in members {
            pairs(&mut body, &mut key.clone(), member)?;
        }
    } else {
        pairs(&mut body, &mut DATA.to_owned(), value)?;
    }
    Ok(body.into())
}

/// Adds the pairs of a value whose key this is. The key grows and shrinks with the way.
fn pairs(body: &mut String, key: &mut String, value: &Value) -> Result<(), ShapeError> {
    match value {
        Value::Object(members) => members.iter().try_for_each(|(name, member)| inside(body, key, name, member)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| inside(body, key, &index, item)),
        Value::String(text) => pair(body, key, text),
        Value::Null => pair(body, key, ""),
        Value::Number(_) | Value::Bool(_) => pair(body, key, &value.to_string()),
    }
}

fn inside(body: &mut String, key: &mut String, step: &dyn std::fmt::Display, value: &Value) -> Result<(), ShapeError> {
    let length = key.len();
    // Writing to a string cannot fail.
    let _infallible = write!(key, "[{step}]");
    pairs(body, key, value)?;
    key.truncate(length);
    Ok(())
}

fn pair(body: &mut String, key: &str, text: &str) -> Result<(), ShapeError> {
    if !body.is_empty() {
        body.push('&');
    }
    body.extend(byte_serialize(key.as_bytes()));
    body.push('=');
    body.extend(byte_serialize(text.as_bytes()));
    if body.len() > MAX_OUTPUT { Err(ShapeError::TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decoded(body: &[u8]) -> Vec<(String, String)> {
        url::form_urlencoded::parse(body).into_owned().collect()
    }

    #[test]
    fn keys_are_the_way_in_brackets() {
        let data = json!({"a": [{"b": 1}, [true, null]], "c d": "x&y=ü", "e": [], "f": {}});
        let body = members(&[("id", json!("e1")), ("data", data)]).unwrap();
        let expected = [
            ("id", "e1"),
            ("data[a][0][b]", "1"),
            ("data[a][1][0]", "true"),
            ("data[a][1][1]", ""),
            ("data[c d]", "x&y=ü"),
        ];
        assert_eq!(decoded(&body), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn an_object_alone_has_its_own_keys_and_others_are_data() {
        assert_eq!(value(&json!({"a": {"b": 1}})).unwrap(), "a%5Bb%5D=1");
        assert_eq!(value(&json!([1, 2])).unwrap(), "data%5B0%5D=1&data%5B1%5D=2");
        assert_eq!(value(&json!(null)).unwrap(), "data=");
    }

    #[test]
    fn deep_data_does_not_multiply_without_end() {
        let wide = json!(vec![0; 20_000]);
        let deep = (0..100).fold(wide, |inner, _| json!({"abcdefgh": inner}));
        assert!(matches!(value(&deep), Err(ShapeError::TooLong)));
    }
}
