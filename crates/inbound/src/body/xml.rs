//! XML as JSON: an element is its text, or an object with its children by local name, attributes as `@name` and text beside
//! children as `#text`; what repeats is a list, and `xsi:nil` is null. There is no DTD, so that no entity can be declared.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::{MAX_BODY_DEPTH, MAX_BODY_VALUES};
use crate::Reason;

/// Where `xsi:nil` comes from.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The most attributes of an element; equals signs in a text count as well.
const MAX_ATTRIBUTES: usize = 1000;

/// The most declarations of namespaces in a document.
const MAX_NAMESPACES: usize = 1000;

/// An object with the root element.
pub(super) fn parse(text: &str) -> Result<Value, Reason> {
    bound(text)?;
    let limit = u32::try_from(2 * MAX_BODY_VALUES).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: limit, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => Reason::Large,
        _ => Reason::Malformed,
    })?;
    let root = document.root_element();
    let value = value(&root, MAX_BODY_DEPTH)?;
    Ok(Value::Object(Map::from_iter([(root.tag_name().name().to_owned(), value)])))
}

/// Counts before anything is built. The parser nests without recursion, but compares the attributes of an element with each
/// other, and copies the namespaces in scope wherever one is declared.
fn bound(text: &str) -> Result<(), Reason> {
    let (mut values, mut attributes) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'<' => attributes = 0,
            b'=' => attributes += 1,
            _ => continue,
        }
        values += 1;
        if values > 2 * MAX_BODY_VALUES || attributes > MAX_ATTRIBUTES {
            return Err(Reason::Large);
        }
    }
    if text.matches("xmlns").count() > MAX_NAMESPACES { Err(Reason::Large) } else { Ok(()) }
}

fn value(element: &Node<'_, '_>, depth: usize) -> Result<Value, Reason> {
    let depth = depth.checked_sub(1).ok_or(Reason::Deep)?;
    if element.attribute((INSTANCE, "nil")).is_some_and(|nil| matches!(nil, "true" | "1")) {
        return Ok(Value::Null);
    }
    let mut members = Map::new();
    for attribute in element.attributes() {
        members.insert(format!("@{}", attribute.name()), attribute.value().into());
    }
    let mut text = String::new();
    for child in element.children() {
        if child.is_element() {
            add(&mut members, child.tag_name().name(), value(&child, depth)?);
        } else if let Some(piece) = child.text().filter(|_| child.is_text()) {
            text.push_str(piece);
        }
    }
    if members.is_empty() {
        return Ok(Value::String(text));
    }
    let text = text.trim();
    if !text.is_empty() {
        members.insert("#text".to_owned(), text.into());
    }
    Ok(Value::Object(members))
}

/// What repeats is a list. No element's value is a list by itself.
fn add(members: &mut Map<String, Value>, name: &str, value: Value) {
    match members.get_mut(name) {
        None => _ = members.insert(name.to_owned(), value),
        Some(Value::Array(items)) => items.push(value),
        Some(single) => *single = Value::Array(vec![single.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_elements_attributes_and_lists() {
        let text = r#"<?xml version="1.0"?><s:a xmlns:s="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
            <b xsi:type="s:Contact">x &amp; y</b><c>1</c><c><![CDATA[<2>]]></c><d xsi:nil="true"/><e/></s:a>"#;
        let a = json!({"b": {"@type": "s:Contact", "#text": "x & y"}, "c": ["1", "<2>"], "d": null, "e": ""});
        assert_eq!(parse(text), Ok(json!({"a": a})));
    }

    #[test]
    fn declares_no_entities() {
        let laughs = r#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>"#;
        let external = r#"<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>"#;
        for text in [laughs, external, "<!DOCTYPE l SYSTEM 'https://a.example/l.dtd'><l/>", "<l>&a;</l>", "<a>", ""] {
            assert_eq!(parse(text), Err(Reason::Malformed), "{text}");
        }
    }

    #[test]
    fn bounds_depth_and_number() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&nested(MAX_BODY_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_BODY_DEPTH + 1)), Err(Reason::Deep));
        assert_eq!(parse(&nested(MAX_BODY_VALUES / 2)), Err(Reason::Deep));
        let wide = format!("<a>{}</a>", "<b/>".repeat(2 * MAX_BODY_VALUES));
        assert_eq!(parse(&wide), Err(Reason::Large));
        let attributes: Vec<_> = (0..=MAX_ATTRIBUTES).map(|number| format!(" a{number}=''")).collect();
        let attributes = attributes.concat();
        assert_eq!(parse(&format!("<a{attributes}/>")), Err(Reason::Large));
        let namespaces: Vec<_> = (0..=MAX_NAMESPACES).map(|number| format!("<a xmlns:n{number}='u'/>")).collect();
        let namespaces = namespaces.concat();
        assert_eq!(parse(&format!("<a>{namespaces}</a>")), Err(Reason::Large));
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "[<>/a=\"' &;!?\\[\\]-]{0,60}") {
            // Whatever it is, it is answered.
            prop_assert!(parse(&text).is_ok_and(|value| value.is_object()) || parse(&text).is_err());
        }
    }
}
