//! What is chosen, checked against the plainest way of choosing it.

use proptest::{collection::vec, prelude::*};
use serde_json::json;

use super::*;

fn id() -> SubscriptionId {
    SubscriptionId::derive(&"acme".parse().unwrap(), &"a".parse().unwrap())
}

fn paths(texts: &[&str]) -> Vec<Path> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn picked(fields: &[&str], data: Value) -> Value {
    Selection::new(paths(fields), vec![], BTreeMap::new()).unwrap().apply(data, &id())
}

fn data() -> Value {
    json!({
        "id": 7,
        "owner": {"name": "Jane", "email": "jane@example.com"},
        "lines": [{"sku": "a", "price": 1}, {"sku": "b", "price": 2}, "note"],
    })
}

#[test]
fn includes_what_is_named_at_its_place() {
    assert_eq!(picked(&["id", "owner.email"], data()), json!({"id": 7, "owner": {"email": "jane@example.com"}}));
    assert_eq!(picked(&["owner", "owner.name"], data()), json!({"owner": data()["owner"]}));
    assert_eq!(picked(&["missing", "id.deeper"], data()), json!({}));
}

#[test]
fn a_path_through_a_list_applies_to_each_item() {
    assert_eq!(picked(&["lines.sku"], data()), json!({"lines": [{"sku": "a"}, {"sku": "b"}]}));
    assert_eq!(picked(&["a.b"], json!([{"a": [[{"b": 1, "c": 2}]]}])), json!([{"a": [[{"b": 1}]]}]));
}

#[test]
fn excludes_and_then_redacts() {
    let redact = BTreeMap::from([("owner.email".parse().unwrap(), Redaction::Mask)]);
    let selection = Selection::new(vec![], paths(&["lines.price", "owner.name", "no.such"]), redact).unwrap();
    let expected =
        json!({"id": 7, "owner": {"email": "***@example.com"}, "lines": [{"sku": "a"}, {"sku": "b"}, "note"]});
    assert_eq!(selection.apply(data(), &id()), expected);
}

#[test]
fn nothing_can_be_chosen_of_a_scalar() {
    assert_eq!(picked(&["id"], json!("text")), Value::Null);
}

#[test]
fn refuses_too_many_paths() {
    let many = vec!["a".parse::<Path>().unwrap(); 101];
    let refused = Selection::new(vec![], many, BTreeMap::new()).unwrap_err();
    assert_eq!(refused.to_string(), "has 101 paths: give at most 100");
}

fn values() -> impl Strategy<Value = Value> {
    any::<u8>().prop_map(Value::from).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every scalar and the keys that lead to it, lists not counted.
fn leaves(value: &Value, way: &mut Vec<String>, found: &mut Vec<(Vec<String>, Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, way, found)),
        Value::Object(members) => {
            for (key, member) in members {
                way.push(key.clone());
                leaves(member, way, found);
                way.pop();
            }
        }
        scalar => found.push((way.clone(), scalar.clone())),
    }
}

fn all_leaves(value: &Value) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    leaves(value, &mut Vec::new(), &mut found);
    found
}

proptest! {
    #[test]
    fn the_leaves_that_stay_are_those_under_a_path(data in values(), texts in vec("[ab](\\.[ab]){0,2}", 1..4)) {
        let chosen: Vec<Path> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let is_under = |way: &[String]| chosen.iter().any(|path| {
            let keys: Vec<_> = path.keys().collect();
            way.len() >= keys.len() && way.iter().zip(&keys).all(|(at, key)| at == key)
        });
        let (under, others): (Vec<_>, Vec<_>) = all_leaves(&data).into_iter().partition(|(way, _)| is_under(way));
        let include = Selection::new(chosen.clone(), vec![], BTreeMap::new()).unwrap();
        let mut kept = all_leaves(&include.apply(data.clone(), &id()));
        // Data that is a scalar itself becomes null.
        kept.retain(|(_, value)| !value.is_null());
        prop_assert_eq!(kept, under);
        let exclude = Selection::new(vec![], chosen.clone(), BTreeMap::new()).unwrap();
        prop_assert_eq!(all_leaves(&exclude.apply(data, &id())), others);
    }
}
