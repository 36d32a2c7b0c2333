//! What subscribers receive, shape by shape.

use serde_json::{Value, json};

use super::*;
use crate::{document, settings::Settings};

fn settings(payload: &Value) -> Settings {
    let document = json!({
        "name": "a", "events": ["deal.won"], "payload": payload,
        "destination": {"url": "https://hooks.example.com/"},
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    document::read(&document, &document::Reading::default()).unwrap()
}

fn envelope(datacontenttype: &str) -> Envelope {
    serde_json::from_value(json!({
        "id": "e 1", "source": "/sales", "type": "deal.won", "time": "2026-11-24T10:00:00Z", "subject": "d%é",
        "tenant": "acme", "datacontenttype": datacontenttype, "traceparent": "00-1",
    }))
    .unwrap()
}

fn try_shaped(payload: &Value, datacontenttype: &str, data: &'static [u8]) -> Result<Shaped, ShapeError> {
    let settings = settings(payload);
    shape(&settings.payload, &envelope(datacontenttype), &Bytes::from_static(data), &settings.id())
}

fn shaped(payload: &Value, data: &'static [u8]) -> Shaped {
    try_shaped(payload, "application/json", data).unwrap()
}

const DATA: &[u8] = br#"{"b": 1.0, "email": "jane@example.com", "a": 12345678901234567890123}"#;

#[test]
fn data_alone_and_binary_events_keep_every_byte() {
    for envelope in ["none", "cloudevents-binary"] {
        assert_eq!(shaped(&json!({"envelope": envelope}), DATA).body, DATA);
        let text = try_shaped(&json!({"envelope": envelope}), "text/plain", b"\xff").unwrap();
        assert_eq!((text.content_type.as_str(), &text.body[..]), ("text/plain", &b"\xff"[..]));
    }
    assert_eq!(shaped(&json!({"envelope": "none"}), b"").body, "null");
    assert_eq!(shaped(&json!({"envelope": "cloudevents-binary"}), b"").body, "");
}

#[test]
fn a_binary_event_has_its_attributes_in_headers() {
    let headers = shaped(&json!({"envelope": "cloudevents-binary", "encoding": "xml"}), b"{}").headers;
    let value = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(value("ce-specversion"), Some("1.0"));
    assert_eq!((value("ce-id"), value("ce-subject")), (Some("e%201"), Some("d%25%C3%A9")));
    assert_eq!((value("ce-traceparent"), value("ce-datacontenttype")), (Some("00-1"), None));
}

#[test]
fn a_structured_event_has_its_data_byte_for_byte() {
    let event = shaped(&json!({"envelope": "cloudevents"}), DATA);
    assert_eq!(event.content_type, "application/cloudevents+json");
    let expected = [
        br#"{"specversion":"1.0","id":"e 1","source":"/sales","type":"deal.won","time":"2026-11-24T10:00:00Z","subject":"#,
        r#""d%é","datacontenttype":"application/json","tenant":"acme","traceparent":"00-1","data":"#.as_bytes(),
        DATA,
        b"}",
    ];
    assert_eq!(event.body, expected.concat());
    let bytes = try_shaped(&json!({"envelope": "cloudevents"}), "image/png", b"\xff\x00").unwrap();
    assert!(bytes.body.ends_with(br#","data_base64":"/wA="}"#));
    assert!(shaped(&json!({"envelope": "cloudevents"}), b"").body.ends_with(br#""traceparent":"00-1"}"#));
}

#[test]
fn a_selection_applies_to_every_format() {
    let select = json!({"fields": ["email"], "redact": {"email": "mask"}});
    for (key, value, expected) in [
        ("envelope", "none", r#"{"email":"***@example.com"}"#),
        ("envelope", "standard", r#""data":{"email":"***@example.com"}}"#),
        ("envelope", "cloudevents", r#""data":{"email":"***@example.com"}}"#),
        ("encoding", "xml", "<data><email>***@example.com</email></data></event>"),
        ("encoding", "form", "data%5Bemail%5D=***%40example.com"),
        ("template", "{{ data }}", r#"{"email":"***@example.com"}"#),
    ] {
        let mut payload = select.clone();
        payload[key] = json!(value);
        let body = shaped(&payload, DATA).body;
        assert!(body.ends_with(expected.as_bytes()), "{value}: {body:?}");
        assert!(!body.windows(4).any(|bytes| bytes == b"jane"), "{value}");
    }
}

#[test]
fn the_standard_envelope_in_xml_is_in_its_order() {
    let body = shaped(&json!({"encoding": "xml"}), br#"{"n":1}"#).body;
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event><id>e 1</id><type>deal.won</type>\
                    <timestamp>2026-11-24T10:00:00Z</timestamp><tenant>acme</tenant><subject>d%é</subject>\
                    <source>/sales</source><data><n>1</n></data></event>";
    assert_eq!(body, expected);
}

#[test]
fn data_that_is_no_json_is_text_or_a_clear_failure() {
    let text = try_shaped(&json!({"envelope": "none", "encoding": "xml"}), "text/plain", b"a<b").unwrap();
    assert!(text.body.ends_with(b"<event>a&lt;b</event>"));
    let form = try_shaped(&json!({"encoding": "form"}), "image/png", b"\xff").unwrap();
    assert!(form.body.ends_with(b"&datacontenttype=image%2Fpng&data_base64=%2Fw%3D%3D"));
    let alone = try_shaped(&json!({"envelope": "none", "encoding": "form"}), "image/png", b"\xff");
    assert!(matches!(alone, Err(ShapeError::NotText(Encoding::Form))));
    let fields = try_shaped(&json!({"fields": ["a"]}), "text/plain", b"a").unwrap_err();
    assert_eq!(fields.reason(), "shape");
    assert!(fields.to_string().starts_with("the data is text/plain, of which"), "{fields}");
}

#[test]
fn a_failing_template_has_a_reason_of_its_own() {
    let failed = try_shaped(&json!({"template": "{{ data.missing }}"}), "application/json", b"{}").unwrap_err();
    assert_eq!(
        (failed.reason(), failed.to_string().as_str()),
        ("template", "the template failed in line 1: undefined value")
    );
}

#[test]
fn only_hashes_differ_by_subscription() {
    assert!(settings(&json!({"redact": {"a": "hash"}})).payload.differs_by_subscription());
    assert!(!settings(&json!({"redact": {"a": "mask"}, "encoding": "xml"})).payload.differs_by_subscription());
    assert!(settings(&json!({})).payload.is_default());
}
