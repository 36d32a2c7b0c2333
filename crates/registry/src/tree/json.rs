//! JSON as a tree, and a tree as JSON: one reader for what comes in a file and what comes over the API.

use serde_json::{Map, Value as Json};

use super::{MAX_DEPTH, Node, Value};
use crate::{document::MAX_DOCUMENT_BYTES, problem::Problem};

/// What a value costs beside its text: a comma, quotes, a pair of brackets.
const OVERHEAD: usize = 3;

impl Node {
    /// The tree of a document, which is at most [`MAX_DOCUMENT_BYTES`] long and [`MAX_DEPTH`] deep.
    pub(crate) fn document(value: &Json) -> Result<Self, Problem> {
        let mut budget = MAX_DOCUMENT_BYTES;
        node(value, MAX_DEPTH, &mut budget).map_err(Problem::whole)
    }

    /// The value as JSON, or why it cannot be.
    pub(crate) fn json(&self) -> Result<Json, String> {
        Ok(match &self.value {
            Value::Text(text) => Json::String(text.clone()),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Null => Json::Null,
            Value::List(items) => Json::Array(items.iter().map(Self::json).collect::<Result<_, _>>()?),
            Value::Mapping(entries) => Json::Object(mapping(entries)?),
            Value::Other(kind) => return Err(format!("holds {kind}, which JSON does not have: write it as text")),
        })
    }
}

fn mapping(entries: &[(Node, Node)]) -> Result<Map<String, Json>, String> {
    let mut map = Map::new();
    for (key, value) in entries {
        let Value::Text(key) = &key.value else {
            return Err(format!("holds {} as a key: give text, in quotes", key.value.kind()));
        };
        if map.insert(key.clone(), value.json()?).is_some() {
            return Err(format!("holds the key {key:?} twice: remove one"));
        }
    }
    Ok(map)
}

fn node(value: &Json, depth: usize, budget: &mut usize) -> Result<Node, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("nests more than {MAX_DEPTH} levels: give fewer"))?;
    let mut spend = |bytes: usize| {
        let left = budget.checked_sub(bytes + OVERHEAD);
        *budget = left.ok_or_else(|| format!("has more than {MAX_DOCUMENT_BYTES} bytes: make it smaller"))?;
        Ok::<_, String>(())
    };
    let value = match value {
        Json::String(text) => {
            spend(text.len())?;
            Value::Text(text.clone())
        }
        Json::Array(items) => {
            spend(0)?;
            Value::List(items.iter().map(|item| node(item, depth, budget)).collect::<Result<_, _>>()?)
        }
        Json::Object(map) => {
            spend(map.keys().map(|key| key.len() + OVERHEAD).sum())?;
            let entry = |(key, value): (&String, &Json)| {
                Ok((Node { place: None, value: Value::Text(key.clone()) }, node(value, depth, budget)?))
            };
            Value::Mapping(map.iter().map(entry).collect::<Result<_, String>>()?)
        }
        Json::Number(number) => {
            spend(0)?;
            Value::Number(number.clone())
        }
        Json::Bool(truth) => {
            spend(0)?;
            Value::Bool(*truth)
        }
        Json::Null => {
            spend(0)?;
            Value::Null
        }
    };
    Ok(Node { place: None, value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(value: &Json) -> String {
        Node::document(value).unwrap_err().to_string()
    }

    #[test]
    fn refuses_a_document_too_long() {
        assert!(Node::document(&json!("x".repeat(MAX_DOCUMENT_BYTES - OVERHEAD))).is_ok());
        let told = refused(&json!({"a": "x".repeat(MAX_DOCUMENT_BYTES)}));
        assert_eq!(told, "has more than 262144 bytes: make it smaller");
        assert!(refused(&json!(vec![0; MAX_DOCUMENT_BYTES])).contains("bytes"));
    }

    #[test]
    fn refuses_a_document_too_deep() {
        let nested = |levels| (1..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(Node::document(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(refused(&nested(MAX_DEPTH + 1)), "nests more than 64 levels: give fewer");
    }

    #[test]
    fn a_key_given_twice_is_no_json() {
        let node = super::super::read("a: 1\na: 2\n").unwrap();
        assert_eq!(node.json().unwrap_err(), "holds the key \"a\" twice: remove one");
    }

    fn values() -> impl Strategy<Value = Json> {
        let scalar = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-1e9..1e9).prop_map(Json::from),
            "\\PC{0,8}".prop_map(Json::from),
        ];
        scalar.prop_recursive(4, 40, 5, |inner| {
            let key = "[a-z#*: ~/]{0,4}";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map(key, inner, 0..5).prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_survives_the_tree(value in values()) {
            prop_assert_eq!(Node::document(&value).unwrap().json().unwrap(), value.clone());
        }

        #[test]
        fn json_text_is_read_as_yaml(value in values()) {
            prop_assert_eq!(super::super::read(&value.to_string()).unwrap().json().unwrap(), value);
        }
    }
}
