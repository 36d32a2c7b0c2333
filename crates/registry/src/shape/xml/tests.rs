//! XML, read back by a parser that is not ours.

use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::json;

use super::*;

fn written(value: &Value) -> String {
    String::from_utf8(super::value(value).unwrap().to_vec()).unwrap()
}

#[test]
fn writes_members_and_items_as_elements() {
    let body = members(&[("id", json!("e1")), ("data", json!({"a": [1, null, "x"], "b": {}, "c": true}))]).unwrap();
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event><id>e1</id><data>\
                    <a><item>1</item><item/><item>x</item></a><b/><c>true</c></data></event>";
    assert_eq!(body, expected);
}

#[test]
fn makes_names_of_keys_and_keeps_the_keys() {
    for (key, name) in
        [("2nd", "_2nd"), ("a b", "a_b"), ("a:b", "a_b"), ("", "_"), ("-", "_-"), ("xmlns", "_xmlns"), ("<!--", "__--")]
    {
        let xml = written(&json!({key: 1}));
        let document = Document::parse(&xml).unwrap();
        let element = document.root_element().first_element_child().unwrap();
        assert_eq!((element.tag_name().name(), element.attribute("name")), (name, Some(key)), "{xml}");
    }
    assert!(written(&json!({"بريد": 1})).contains("<بريد>1</بريد>"));
}

#[test]
fn leaves_out_what_xml_cannot_hold() {
    let xml = written(&json!("a\u{0}\u{1f}\u{fffe}b]]>"));
    assert!(xml.ends_with("<event>ab]]&gt;</event>"), "{xml}");
}

#[test]
fn stops_at_the_longest_output() {
    let items = json!(vec![0; MAX_OUTPUT / 10]);
    assert!(matches!(super::value(&items), Err(ShapeError::TooLong)));
}

/// Checks that an element says what the value says.
fn same(element: Node<'_, '_>, key: &str, value: &Value) -> Result<(), TestCaseError> {
    let held = |text: &str| text.chars().filter(|char| is_char(*char)).collect::<String>();
    let name = element.attribute("name").unwrap_or(element.tag_name().name());
    prop_assert_eq!(name, held(key));
    let children: Vec<_> = element.children().filter(Node::is_element).collect();
    let members: Vec<(&str, &Value)> = match value {
        Value::Array(items) => items.iter().map(|item| (ITEM, item)).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        Value::Null => vec![],
        Value::String(text) => {
            prop_assert_eq!(element.text().unwrap_or_default(), held(text));
            return Ok(());
        }
        scalar => {
            prop_assert_eq!(element.text().unwrap_or_default(), scalar.to_string());
            return Ok(());
        }
    };
    prop_assert_eq!(children.len(), members.len());
    children.into_iter().zip(members).try_for_each(|(child, (key, value))| same(child, key, value))
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[ \t\r\n<>&\"'\\]a\u{0}\u{85}\u{fffe}]{0,8}"];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 5, |inner| {
        let key = prop_oneof!["[a-zXML:._ 0-9<\"-]{0,6}", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_becomes_xml_that_says_the_same(value in values()) {
        let xml = written(&value);
        let document = Document::parse(&xml).map_err(|error| TestCaseError::fail(format!("{error}: {xml}")))?;
        same(document.root_element(), ROOT, &value)?;
    }
}
