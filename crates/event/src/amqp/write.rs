//! From an event to the message that a producer publishes.

use std::borrow::Cow;

use super::{Message, PREFIXES};
use crate::attributes::SPECVERSION;
use crate::{AttributeValue, Event, time};

/// The longest text that an AMQP basic property can hold, in bytes.
const MAX_PROPERTY: usize = 255;

/// Writes an event in binary mode, with the prefix `cloudEvents_`; [`read`](super::read) gives the same event back.
///
/// The basic properties say it again for consumers that read only those, as far as they can: `app_id` is left out for a
/// source over 255 bytes, `timestamp` for a time before 1970, and has whole seconds.
pub fn write(event: &Event) -> Message<'_> {
    let envelope = &event.envelope;
    let source = envelope.source.as_str();
    let mut headers = Vec::with_capacity(8 + envelope.extensions.iter().len());
    let mut put = |name: &str, text| headers.push((header(name), AttributeValue::Text(text)));
    put("specversion", Cow::Borrowed(SPECVERSION));
    put("id", Cow::Borrowed(envelope.id.as_str()));
    put("source", Cow::Borrowed(source));
    put("type", Cow::Borrowed(envelope.event_type.as_str()));
    put("time", Cow::Owned(time::format(&envelope.time)));
    put("tenant", Cow::Borrowed(envelope.tenant.as_str()));
    if let Some(subject) = &envelope.subject {
        put("subject", Cow::Borrowed(subject.as_str()));
    }
    if let Some(dataschema) = &envelope.dataschema {
        put("dataschema", Cow::Borrowed(dataschema.as_str()));
    }
    for (name, value) in envelope.extensions.iter() {
        put(name, Cow::Borrowed(value));
    }
    Message {
        routing_key: envelope.event_type.as_str(),
        content_type: Some(envelope.datacontenttype.as_str()),
        content_encoding: None,
        message_id: Some(envelope.id.as_str()),
        app_id: (source.len() <= MAX_PROPERTY).then_some(source),
        message_type: Some(envelope.event_type.as_str()),
        timestamp: u64::try_from(envelope.time.timestamp()).ok(),
        user_id: None,
        headers,
        body: event.data.clone(),
    }
}

fn header(name: &str) -> Cow<'static, str> {
    Cow::Owned([PREFIXES[0], name].concat())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::amqp::{Limits, Read, read};
    use crate::{ContentType, Envelope, Extensions};

    prop_compose! {
        fn events()(
            id in "[ -~é]{1,40}",
            source in "[a-z/é]{1,300}",
            event_type in "[a-z0-9_]{1,9}(\\.[a-z0-9_]{1,9}){0,4}",
            micros in -10_000_000_000_000_000_i64..200_000_000_000_000_000,
            subject in proptest::option::of("[ -~ب]{1,40}"),
            dataschema in proptest::option::of("https://[a-z]{1,20}"),
            tenant in "[a-z0-9_-]{1,64}",
            extensions in proptest::collection::btree_map("x[a-z0-9]{1,19}", "[ -~]{1,20}", 0..5),
            json in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) -> Result<Event, Box<dyn std::error::Error>> {
            let mut carried = Extensions::default();
            for (name, value) in &extensions {
                carried.insert(name, value)?;
            }
            let data = if json { Bytes::from(format!("{bytes:?}")) } else { Bytes::from(bytes) };
            Ok(Event {
                envelope: Envelope {
                    id: id.parse()?,
                    source: source.parse()?,
                    event_type: event_type.parse()?,
                    time: DateTime::from_timestamp_micros(micros).unwrap_or_default(),
                    subject: subject.as_deref().map(str::parse).transpose()?,
                    datacontenttype: if json { ContentType::default() } else { "application/pdf".parse()? },
                    dataschema: dataschema.as_deref().map(str::parse).transpose()?,
                    tenant: tenant.parse()?,
                    extensions: carried,
                },
                data,
            })
        }
    }

    proptest! {
        #[test]
        fn reads_back_the_same_event(event in events()) {
            let Ok(event) = event else { return Err(TestCaseError::fail("the generator made a bad event")) };
            let back = read(&write(&event), &Limits::default(), DateTime::UNIX_EPOCH, Uuid::nil);
            prop_assert_eq!(back, Ok(Read { event, id_was_made: false }));
        }
    }

    #[test]
    fn says_everything_in_properties_too() -> Result<(), Box<dyn std::error::Error>> {
        let envelope = serde_json::from_str(
            r#"{"id":"evt-1","source":"/crm","type":"deal.won","time":"2026-11-24T09:30:00.5Z","tenant":"acme"}"#,
        )?;
        let event = Event { envelope, data: Bytes::from_static(b"{}") };
        let message = write(&event);
        assert_eq!(message.routing_key, "deal.won");
        assert_eq!(message.message_type, Some("deal.won"));
        assert_eq!(message.message_id, Some("evt-1"));
        assert_eq!(message.app_id, Some("/crm"));
        assert_eq!(message.content_type, Some("application/json"));
        assert_eq!(message.timestamp, Some(1_795_512_600));
        insta::assert_compact_debug_snapshot!(message.headers, @r#"[("cloudEvents_specversion", Text("1.0")), ("cloudEvents_id", Text("evt-1")), ("cloudEvents_source", Text("/crm")), ("cloudEvents_type", Text("deal.won")), ("cloudEvents_time", Text("2026-11-24T09:30:00.500Z")), ("cloudEvents_tenant", Text("acme"))]"#);
        Ok(())
    }
}
