//! What schemas accept, and which of them are refused.

use serde_json::{Map, json};

use super::*;

fn refused(document: &Value) -> InvalidSchema {
    Schema::compile(document).unwrap_err()
}

fn accepts(document: &Value, data: &Value) -> bool {
    Schema::compile(document).unwrap().check(data).is_ok()
}

#[test]
fn tells_what_is_wrong_and_where_without_the_value() {
    let schema = Schema::compile(&json!({
        "required": ["id"],
        "properties": {"emails": {"items": {"type": "string", "format": "email"}}},
    }));
    let violations = schema.unwrap().check(&json!({"emails": ["a@example.com", "confidential"]})).unwrap_err();
    let told = violations.to_string();
    assert!(told.contains("/emails/1: "), "{told}");
    assert!(told.contains("/: \"id\" is a required property"), "{told}");
    assert!(!told.contains("confidential"), "{told}");
}

#[test]
fn lists_few_violations_with_short_messages() {
    let schema = Schema::compile(&json!({"items": {"type": "string"}, "additionalProperties": false})).unwrap();
    assert_eq!(schema.check(&json!(vec![1; 1_000])).unwrap_err().listed().len(), MAX_VIOLATIONS);
    let violations = schema.check(&json!({"é".repeat(10_000): 1})).unwrap_err();
    assert!(violations.listed()[0].message.len() <= MAX_MESSAGE + '…'.len_utf8());
}

#[test]
fn formats_are_checked() {
    for (format, good, bad) in [
        ("date-time", "2026-11-24T12:00:00Z", "yesterday"),
        ("email", "a@example.com", "a"),
        ("uri", "https://example.com/a", "a b"),
        ("uuid", "0193e2a0-7d3a-7c61-b1f4-d0b7e5f4b0aa", "0193"),
    ] {
        let schema = json!({"format": format});
        assert!(accepts(&schema, &json!(good)), "{format}");
        assert!(!accepts(&schema, &json!(bad)), "{format}");
    }
}

#[test]
fn references_within_the_schema_are_followed() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"id": {"type": "string"}, "n": {"$anchor": "number", "type": "number"}},
        "properties": {"id": {"$ref": "#/$defs/id"}, "n": {"$ref": "#number"}},
    });
    assert!(accepts(&schema, &json!({"id": "1", "n": 1})));
    assert!(!accepts(&schema, &json!({"id": 1})));
    assert!(!accepts(&schema, &json!({"n": "1"})));
}

#[test]
fn references_out_of_the_schema_are_refused() {
    for reference in [
        "http://127.0.0.1:1/schema.json",
        "https://example.com/schema.json#/a",
        "file:///etc/passwd",
        "other.json",
        "/other.json",
        "//example.com/a",
        "urn:example:a",
        "https://json-schema.org/draft/2020-12/schema",
    ] {
        for key in ["$ref", "$dynamicRef"] {
            let schema = json!({"properties": {"a/b": {"items": {key: reference}}}});
            let pointer = format!("/properties/a~1b/items/{key}");
            assert_eq!(refused(&schema), InvalidSchema::Remote { pointer }, "{reference}");
        }
    }
}

#[test]
fn a_reference_in_an_unused_corner_is_refused_as_well() {
    let schema = json!({"$defs": {"a": {"anyOf": [true, {"$ref": "http://example.com/"}]}}});
    assert!(matches!(refused(&schema), InvalidSchema::Remote { pointer } if pointer == "/$defs/a/anyOf/1/$ref"));
}

#[test]
fn names_and_data_that_look_like_references_are_none() {
    let schema =
        json!({"properties": {"$ref": {"const": {"$ref": "http://example.com/"}}, "enum": {"type": "string"}}});
    assert!(accepts(&schema, &json!({"enum": "a"})));
    assert!(!accepts(&schema, &json!({"enum": 1})));
}

#[test]
fn references_that_lead_back_or_nowhere_are_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"properties": {"children": {"items": {"$ref": "#"}}}}),
    ] {
        assert!(matches!(refused(&schema), InvalidSchema::Tangled { .. }), "{schema}");
    }
    assert!(matches!(refused(&json!({"$ref": "#/$defs/a"})), InvalidSchema::Malformed { .. }));
}

#[test]
fn references_that_multiply_are_refused() {
    let mut defs = Map::from_iter([("a0".to_owned(), json!({"type": "string"}))]);
    for level in 1..20 {
        let inner = json!({"$ref": format!("#/$defs/a{}", level - 1)});
        defs.insert(format!("a{level}"), json!({"allOf": [inner, inner]}));
    }
    assert!(matches!(refused(&json!({"$defs": defs, "$ref": "#/$defs/a19"})), InvalidSchema::Tangled { .. }));
}

#[test]
fn an_identifier_within_the_schema_is_refused() {
    let schema = json!({"$id": "https://example.com/a", "$defs": {"b": {"$id": "https://example.com/b"}}});
    assert!(matches!(refused(&schema), InvalidSchema::Malformed { pointer, .. } if pointer == "/$defs/b/$id"));
}

#[test]
fn other_versions_are_refused() {
    assert_eq!(refused(&json!({"$schema": "http://json-schema.org/draft-07/schema#"})), InvalidSchema::Draft);
    assert_eq!(refused(&json!({"$schema": "https://example.com/mine"})), InvalidSchema::Draft);
}

#[test]
fn only_patterns_that_take_linear_time_are_accepted() {
    assert!(accepts(&json!({"pattern": "^[A-Z]{3}$"}), &json!("EUR")));
    for pattern in ["(?=a)b", r"(a)\1", "(?<!a)b", "a{1000}{1000}{1000}"] {
        let refused = refused(&json!({"properties": {"p": {"pattern": pattern}}}));
        assert!(matches!(refused, InvalidSchema::Malformed { .. }), "{pattern}: {refused}");
    }
}

#[test]
fn bounds_length_and_depth() {
    assert!(matches!(refused(&json!({"title": "x".repeat(MAX_SCHEMA_BYTES)})), InvalidSchema::TooLong(_)));
    let deep = (0..MAX_SCHEMA_DEPTH).fold(json!({}), |inner, _| json!({"not": inner}));
    assert_eq!(refused(&deep), InvalidSchema::TooDeep);
}

#[test]
fn what_is_no_schema_is_refused_at_its_place() {
    let refused = refused(&json!({"properties": {"a": {"minLength": "3"}}}));
    assert_eq!(refused.pointer(), "/properties/a/minLength");
    assert!(Schema::compile(&json!(42)).is_err());
}
