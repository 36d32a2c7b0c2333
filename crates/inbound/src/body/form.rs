//! A form with names in brackets: `data[merges][NAME]=x` becomes nested objects, `a[]=1&a[]=2` and `a=1&a=2` a list.

use serde_json::{Map, Value, map::Entry};
use url::form_urlencoded;

use super::MAX_BODY_DEPTH;
use crate::Reason;

/// The most fields of a form.
const MAX_FIELDS: usize = 10_000;

/// The object of a form's fields; their values are texts.
pub(super) fn parse(text: &str) -> Result<Value, Reason> {
    let mut fields = Map::new();
    for (count, (name, value)) in form_urlencoded::parse(text.as_bytes()).enumerate() {
        if count == MAX_FIELDS {
            return Err(Reason::Large);
        }
        let keys = keys(&name)?;
        insert(&mut fields, &keys, Value::String(value.into_owned()));
    }
    Ok(Value::Object(fields))
}

/// The keys of a name: `a[b][]` has `a`, `b` and an empty one. A name whose brackets do not fit is one key.
fn keys(name: &str) -> Result<Vec<&str>, Reason> {
    let Some((first, mut rest)) = name.find('[').filter(|&at| at > 0).map(|at| name.split_at(at)) else {
        return Ok(vec![name]);
    };
    let mut keys = vec![first];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((key, tail)) = inner else { return Ok(vec![name]) };
        keys.push(key);
        if keys.len() > MAX_BODY_DEPTH {
            return Err(Reason::Deep);
        }
        rest = tail;
    }
    Ok(keys)
}

fn insert(fields: &mut Map<String, Value>, keys: &[&str], value: Value) {
    let [key, rest @ ..] = keys else { return };
    match fields.entry(*key) {
        Entry::Vacant(entry) => _ = entry.insert(nested(rest, value)),
        Entry::Occupied(mut entry) => add(entry.get_mut(), rest, value),
    }
}

/// What a value becomes under these keys where nothing is yet.
fn nested(keys: &[&str], value: Value) -> Value {
    match keys {
        [] => value,
        ["", rest @ ..] => Value::Array(vec![nested(rest, value)]),
        [key, rest @ ..] => Value::Object(Map::from_iter([((*key).to_owned(), nested(rest, value))])),
    }
}

/// Puts a value beside what is there. Where names contradict each other, what came first stays and the rest follows in a list.
fn add(there: &mut Value, keys: &[&str], value: Value) {
    match (there, keys) {
        (Value::Object(fields), [key, ..]) if !key.is_empty() => insert(fields, keys, value),
        (Value::Array(items), [] | [""]) => items.push(value),
        (Value::Array(items), ["", rest @ ..]) => items.push(nested(rest, value)),
        (Value::Array(items), _) => items.push(nested(keys, value)),
        (single, _) => *single = Value::Array(vec![single.take(), nested(keys, value)]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parsed(text: &str) -> Value {
        parse(text).unwrap()
    }

    #[test]
    fn nests_by_brackets() {
        let text = "type=subscribe&data%5Bmerges%5D%5BFNAME%5D=Ada&data[merges][LNAME]=L&data[list_id]=1";
        let data = json!({"merges": {"FNAME": "Ada", "LNAME": "L"}, "list_id": "1"});
        assert_eq!(parsed(text), json!({"type": "subscribe", "data": data}));
        assert_eq!(parsed("a[0][id]=1&a[1][id]=2"), json!({"a": {"0": {"id": "1"}, "1": {"id": "2"}}}));
    }

    #[test]
    fn makes_lists_of_what_repeats() {
        assert_eq!(parsed("a[]=1&a[]=2&b=1&b=2"), json!({"a": ["1", "2"], "b": ["1", "2"]}));
        assert_eq!(parsed("a[][x]=1&a[][x]=2"), json!({"a": [{"x": "1"}, {"x": "2"}]}));
    }

    #[test]
    fn takes_what_contradicts_itself() {
        assert_eq!(parsed("a=1&a[b]=2"), json!({"a": ["1", {"b": "2"}]}));
        assert_eq!(parsed("a[b=1&[c]=2&d]=3&=4"), json!({"a[b": "1", "[c]": "2", "d]": "3", "": "4"}));
    }

    #[test]
    fn bounds_fields_and_depth() {
        assert_eq!(parse(&"a&".repeat(MAX_FIELDS + 1)), Err(Reason::Large));
        assert_eq!(parse(&format!("a{}=1", "[b]".repeat(100_000))), Err(Reason::Deep));
    }

    fn leaves(value: &Value) -> usize {
        match value {
            Value::Object(fields) => fields.values().map(leaves).sum(),
            Value::Array(items) => items.iter().map(leaves).sum(),
            _ => 1,
        }
    }

    proptest! {
        #[test]
        fn loses_no_field(names in prop::collection::vec("[ab\\[\\]]{0,6}", 0..12)) {
            let text = names.iter().map(|name| format!("{name}=x")).collect::<Vec<_>>().join("&");
            prop_assert_eq!(leaves(&parsed(&text)), names.len());
        }

        #[test]
        fn reads_plain_fields_as_they_are(fields in prop::collection::btree_map("[a-z ]{1,5}", "\\PC{0,9}", 0..9)) {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(parsed(&text), json!(fields));
        }

        #[test]
        fn takes_any_text(text in "\\PC{0,60}") {
            prop_assert!(parse(&text).is_ok());
        }
    }
}
