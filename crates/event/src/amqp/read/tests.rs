use std::borrow::Cow;

use bytes::Bytes;

use super::*;
use crate::{AttributeValue, Tenant};

mod refusals;

type TestResult = Result<(), Malformed>;

/// A message as a service without any CloudEvents library writes it.
fn plain(body: &'static str) -> Message<'static> {
    Message { routing_key: "deal.won", body: Bytes::from_static(body.as_bytes()), ..Message::default() }
}

fn structured(body: &'static str) -> Message<'static> {
    Message { content_type: Some("Application/CloudEvents+JSON; charset=UTF-8"), ..plain(body) }
}

fn with_headers<'a>(message: Message<'a>, headers: &[(&'a str, &'a str)]) -> Message<'a> {
    let text = |&(name, value)| (Cow::Borrowed(name), AttributeValue::Text(Cow::Borrowed(value)));
    Message { headers: headers.iter().map(text).collect(), ..message }
}

fn arrival() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn read_it(message: &Message<'_>) -> Result<Read, Malformed> {
    read(message, &Limits::default(), arrival(), Uuid::nil)
}

fn reason(message: &Message<'_>) -> Option<&'static str> {
    read_it(message).err().map(|malformed| malformed.reason())
}

#[test]
fn a_body_and_a_routing_key_are_an_event() -> TestResult {
    let read = read_it(&plain(r#"{"a":1}"#))?;
    let envelope = &read.event.envelope;
    assert!(read.id_was_made);
    assert_eq!(envelope.id, EventId::from(Uuid::nil()));
    assert_eq!(envelope.event_type.as_str(), "deal.won");
    assert_eq!(envelope.source, Source::unknown());
    assert_eq!(envelope.time, arrival());
    assert_eq!(envelope.tenant, Tenant::default());
    assert_eq!(envelope.datacontenttype.as_str(), "application/json");
    assert_eq!(&read.event.data[..], br#"{"a":1}"#);
    Ok(())
}

#[test]
fn properties_come_before_what_is_made_up() -> TestResult {
    let message = Message {
        message_id: Some("evt-1"),
        app_id: Some("/crm/sales"),
        message_type: Some("deal.lost"),
        timestamp: Some(1_764_000_000),
        content_type: Some("text/plain"),
        content_encoding: Some("UTF-8"),
        ..plain("hello")
    };
    let read = read_it(&message)?;
    assert!(!read.id_was_made);
    let json = serde_json::to_string(&read.event.envelope).unwrap_or_default();
    insta::assert_snapshot!(json, @r#"{"id":"evt-1","source":"/crm/sales","type":"deal.lost","time":"2025-11-24T16:00:00Z","datacontenttype":"text/plain","tenant":"default"}"#);
    Ok(())
}

#[test]
fn headers_come_before_properties() -> TestResult {
    for prefix in PREFIXES {
        let names = ["id", "source", "type", "time", "tenant", "specversion"].map(|name| format!("{prefix}{name}"));
        let values = ["evt-2", "/header", "lead.created", "2026-11-24T09:30:00.123Z", "acme", "1.0"];
        let headers: Vec<_> = names.iter().map(String::as_str).zip(values).collect();
        let message = Message {
            message_id: Some("evt-1"),
            app_id: Some("/property"),
            message_type: Some("deal.lost"),
            timestamp: Some(1),
            ..plain("{}")
        };
        let read = read_it(&with_headers(message, &headers))?;
        let json = serde_json::to_string(&read.event.envelope).unwrap_or_default();
        assert_eq!(
            json,
            r#"{"id":"evt-2","source":"/header","type":"lead.created","time":"2026-11-24T09:30:00.123Z","datacontenttype":"application/json","tenant":"acme"}"#,
            "{prefix}"
        );
    }
    Ok(())
}

#[test]
fn tenant_subject_and_schema_may_stand_bare() -> TestResult {
    let headers = [("tenant", "acme"), ("subject", "deal 7"), ("dataschema", "/s/1"), ("id", "not an attribute")];
    let envelope = read_it(&with_headers(plain("{}"), &headers))?.event.envelope;
    assert_eq!(envelope.tenant.as_str(), "acme");
    assert_eq!(envelope.subject.as_ref().map(AsRef::as_ref), Some("deal 7"));
    assert_eq!(envelope.dataschema.as_ref().map(AsRef::as_ref), Some("/s/1"));
    assert_eq!(envelope.id, EventId::from(Uuid::nil()));
    Ok(())
}

#[test]
fn header_values_other_than_text_become_text() -> TestResult {
    let message = Message {
        headers: vec![
            ("ce-time".into(), AttributeValue::Timestamp(60)),
            ("ce-sequence".into(), AttributeValue::Integer(7)),
            ("ce-vip".into(), AttributeValue::Bool(true)),
            ("subject".into(), AttributeValue::Null),
            ("x-death".into(), AttributeValue::Unsupported(100)),
        ],
        ..plain("{}")
    };
    let envelope = read_it(&message)?.event.envelope;
    assert_eq!(envelope.time.timestamp(), 60);
    assert_eq!(envelope.extensions.iter().collect::<Vec<_>>(), [("sequence", "7"), ("vip", "true")]);
    assert_eq!(envelope.subject, None);
    Ok(())
}

#[test]
fn what_brokers_and_clients_add_never_becomes_an_attribute() -> TestResult {
    let headers = [("CC", "a"), ("BCC", "b"), ("x-delay", "5"), ("expiration", "1"), ("priority", "9")];
    let envelope = read_it(&with_headers(plain("{}"), &headers))?.event.envelope;
    assert_eq!(envelope.extensions.iter().len(), 0);
    Ok(())
}

#[test]
fn data_passes_without_a_copy() -> TestResult {
    let message = plain(" {\"b\" : 1.0, \"a\":[ ]} \n");
    assert_eq!(read_it(&message)?.event.data.as_ptr(), message.body.as_ptr());
    let message = structured(r#"{"data": {"b" : 1.0,  "a":[ ]} , "id": "1"}"#);
    let data = read_it(&message)?.event.data;
    assert_eq!(data, r#"{"b" : 1.0,  "a":[ ]}"#);
    assert_eq!(data.as_ptr() as usize, message.body.as_ptr() as usize + 9);
    Ok(())
}

#[test]
fn an_event_may_have_no_data() -> TestResult {
    assert!(read_it(&plain(""))?.event.data.is_empty());
    assert!(read_it(&structured(r#"{"id":"1","data_base64":null}"#))?.event.data.is_empty());
    Ok(())
}

#[test]
fn reads_a_structured_event() -> TestResult {
    let body = r#"{"specversion":"1.0","id":"e-1","source":"/s","type":"lead.created","time":"2026-11-24T09:30:00Z",
        "subject":null,"tenant":"acme","sequence":3,"data":null}"#;
    let message = Message { message_id: Some("property"), ..structured(body) };
    let read = read_it(&message)?;
    assert_eq!(read.event.data, "null");
    let json = serde_json::to_string(&read.event.envelope).unwrap_or_default();
    insta::assert_snapshot!(json, @r#"{"id":"e-1","source":"/s","type":"lead.created","time":"2026-11-24T09:30:00Z","datacontenttype":"application/json","tenant":"acme","sequence":"3"}"#);
    Ok(())
}

#[test]
fn structured_data_follows_its_content_type() -> TestResult {
    let data = |body| read_it(&structured(body)).map(|read| read.event.data);
    assert_eq!(data(r#"{"datacontenttype":"text/xml","data":"<a/>"}"#)?, "<a/>");
    assert_eq!(data(r#"{"data":"a\nb","datacontenttype":"text/plain"}"#)?, "a\nb");
    assert_eq!(data(r#"{"data":"a\nb"}"#)?, r#""a\nb""#);
    assert_eq!(data(r#"{"datacontenttype":"image/png","data_base64":"AAEC"}"#)?, &[0, 1, 2][..]);
    assert_eq!(data(r#"{"data_base64":"e30="}"#)?, "{}");
    assert_eq!(data(r#"{"data":1,"data_base64":null}"#)?, "1");
    Ok(())
}
