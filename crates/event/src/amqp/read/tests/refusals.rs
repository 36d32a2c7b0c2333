use super::*;
use crate::{InvalidType, MAX_JSON_DEPTH};

#[test]
fn refuses_two_values_for_one_attribute() {
    let two = |a, b| with_headers(plain("{}"), &[("cloudEvents_tenant", a), ("tenant", b)]);
    assert_eq!(reason(&two("acme", "acme")), None);
    assert_eq!(reason(&two("acme", "other")), Some("attributes_disagree"));
    let body = r#"{"type":"a.b","tenant":"acme"}"#;
    assert_eq!(reason(&with_headers(structured(body), &[("tenant", "other")])), Some("attributes_disagree"));
}

#[test]
fn refuses_structured_data_that_does_not_fit() {
    for (body, expected) in [
        (r#"{"data":1,"data_base64":"AA=="}"#, "invalid_data"),
        (r#"{"datacontenttype":"text/xml","data":{}}"#, "invalid_data"),
        (r#"{"data_base64":"not base64"}"#, "invalid_data"),
        (r#"{"data_base64":7}"#, "invalid_data"),
        (r#"{"data_base64":"AAEC"}"#, "invalid_json"),
        (r#"{"data":1,"data":2}"#, "invalid_json"),
        (r#"{"data":1"#, "invalid_json"),
        ("[]", "invalid_json"),
        ("", "invalid_json"),
        (r#"{"subject":["a"]}"#, "invalid_attribute"),
        (r#"{"specversion":"0.3"}"#, "unsupported_specversion"),
        (r#"{"id":""}"#, "invalid_id"),
        (r#"{"datacontenttype":"application/cloudevents+json"}"#, "invalid_attribute"),
    ] {
        assert_eq!(reason(&structured(body)), Some(expected), "{body}");
    }
}

#[test]
fn refuses_formats_it_does_not_read() {
    let of = |content_type| Message { content_type: Some(content_type), ..plain("[]") };
    assert_eq!(reason(&of("application/cloudevents-batch+json")), Some("batch_not_allowed"));
    assert_eq!(reason(&of("application/cloudevents+avro")), Some("unsupported_format"));
    assert_eq!(reason(&of("json")), Some("invalid_attribute"));
    let compressed = Message { content_encoding: Some("gzip"), ..plain("{}") };
    assert_eq!(reason(&compressed), Some("unsupported_content_encoding"));
}

#[test]
fn refuses_attributes_that_break_their_rules() {
    for (header, value, expected) in [
        ("ce-type", "Deal.Won", "invalid_type"),
        ("ce-id", "", "invalid_id"),
        ("ce-source", "a\nb", "invalid_source"),
        ("ce-time", "yesterday", "invalid_time"),
        ("ce-tenant", "Acme", "invalid_tenant"),
        ("ce-subject", "", "invalid_attribute"),
        ("ce-Upper", "x", "invalid_attribute"),
        ("ce-", "x", "invalid_attribute"),
        ("ce-data", "x", "invalid_attribute"),
        ("ce-specversion", "0.3", "unsupported_specversion"),
    ] {
        assert_eq!(reason(&with_headers(plain("{}"), &[(header, value)])), Some(expected), "{header}");
    }
    let list = Message { headers: vec![("ce-id".into(), AttributeValue::Unsupported(3))], ..plain("{}") };
    assert_eq!(reason(&list), Some("invalid_attribute"));
    let milliseconds = Message { timestamp: Some(1_764_000_000_000), ..plain("{}") };
    assert_eq!(reason(&milliseconds), Some("invalid_time"));
}

#[test]
fn a_routing_key_that_is_no_type_is_refused() {
    let message = Message { routing_key: "", ..plain("{}") };
    assert_eq!(read_it(&message), Err(Malformed::InvalidType(InvalidType::Empty)));
}

#[test]
fn bad_json_is_refused_with_its_place_only_where_json_is_claimed() {
    assert_eq!(
        read_it(&plain("{\"a\": nope}")),
        Err(Malformed::InvalidJson { at: 7, problem: "expected ident".into() })
    );
    let text = Message { content_type: Some("text/plain"), ..plain("{nope") };
    assert_eq!(reason(&text), None);
}

#[test]
fn deep_json_is_refused_without_overflowing_the_stack() {
    let nested = |depth| Message { body: "[".repeat(depth).into(), ..plain("") };
    assert_eq!(reason(&nested(MAX_JSON_DEPTH + 1)), Some("invalid_json"));
    assert_eq!(reason(&nested(1 << 20)), Some("invalid_json"));
    let inside = format!(r#"{{"data":{}"#, "[".repeat(100_000));
    let structured = Message { body: inside.into(), ..structured("") };
    assert_eq!(reason(&structured), Some("invalid_json"));
}

#[test]
fn sizes_are_checked_before_anything_else() {
    let limits = Limits { max_body: 4, max_headers: 2, max_header_bytes: 10 };
    let refusal = |message: &Message<'_>| read(message, &limits, arrival(), Uuid::nil).err().map(|e| e.reason());
    assert_eq!(refusal(&plain("{   }")), Some("body_too_large"));
    assert_eq!(refusal(&with_headers(plain("{}"), &[("a", "1"), ("b", "2"), ("c", "3")])), Some("headers_too_large"));
    assert_eq!(refusal(&with_headers(plain("{}"), &[("abcde", "123456")])), Some("headers_too_large"));
    assert_eq!(refusal(&with_headers(plain("{}"), &[("abcde", "12345")])), None);
}
