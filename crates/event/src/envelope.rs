//! What is known about an event besides its data, and the event itself.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::attributes::Attributes;
use crate::members::Members;
use crate::time;
use crate::{ContentType, DataSchema, EventId, EventType, Extensions, MessageId, Source, Subject, Tenant};

/// The CloudEvents attributes of an event.
///
/// In serde it is one flat object with the names of CloudEvents (`type`, `datacontenttype`, ..), absent attributes
/// left out and extensions beside the others; reading it back, a tenant left out is `default`. Clones share their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The publisher's id, unique within the source.
    pub id: EventId,
    /// Who published it.
    pub source: Source,
    /// What happened; `type` in CloudEvents.
    pub event_type: EventType,
    /// When it happened. Years 0 to 9999, or RFC 3339 cannot write it.
    pub time: DateTime<Utc>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// The media type of the data.
    pub datacontenttype: ContentType,
    /// The schema of the data.
    pub dataschema: Option<DataSchema>,
    /// Whose event it is.
    pub tenant: Tenant,
    /// Every other attribute, such as `traceparent`.
    pub extensions: Extensions,
}

/// An event: its envelope, and its data exactly as published (empty if there is none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What is known about it.
    pub envelope: Envelope,
    /// Its data, of the type `envelope.datacontenttype`.
    pub data: Bytes,
}

impl Envelope {
    /// The id that every delivery of this event carries; the same for the same tenant, source and id.
    pub fn message_id(&self) -> MessageId {
        MessageId::of(&self.tenant, &self.source, &self.id)
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("source", &self.source)?;
        map.serialize_entry("type", &self.event_type)?;
        map.serialize_entry("time", &time::format(&self.time))?;
        if let Some(subject) = &self.subject {
            map.serialize_entry("subject", subject)?;
        }
        map.serialize_entry("datacontenttype", &self.datacontenttype)?;
        if let Some(dataschema) = &self.dataschema {
            map.serialize_entry("dataschema", dataschema)?;
        }
        map.serialize_entry("tenant", &self.tenant)?;
        for (name, value) in self.extensions.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        if members.data.is_some() || members.data_base64.is_some() {
            return Err(D::Error::custom("an envelope has no data: keep the data beside it"));
        }
        let mut attributes = Attributes::default();
        for (name, value) in &members.attributes {
            attributes.set_value(name, value).map_err(D::Error::custom)?;
        }
        attributes.into_envelope().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    const COMPACT: &str = r#"{"id":"evt-1","source":"/crm/sales","type":"deal.won","time":"2026-11-24T09:30:00.123456Z","subject":"deal \"7\"","datacontenttype":"application/json","tenant":"acme","traceparent":"00-1"}"#;

    #[test]
    fn is_a_compact_object_with_the_names_of_cloudevents() -> TestResult {
        let envelope: Envelope = serde_json::from_str(COMPACT)?;
        assert_eq!(serde_json::to_string(&envelope)?, COMPACT);
        assert_eq!(envelope.extensions.get("traceparent"), Some("00-1"));
        Ok(())
    }

    #[test]
    fn fills_in_tenant_and_content_type() -> TestResult {
        let envelope: Envelope =
            serde_json::from_str(r#"{"id":"1","source":"/","type":"a","time":"2026-01-01T00:00:00Z","subject":null}"#)?;
        assert_eq!(envelope.tenant, Tenant::default());
        assert_eq!(envelope.datacontenttype, ContentType::default());
        assert_eq!(envelope.subject, None);
        Ok(())
    }

    #[test]
    fn names_what_is_missing_or_wrong() {
        let refusal = |text| serde_json::from_str::<Envelope>(text).map_err(|error| error.to_string());
        insta::assert_debug_snapshot!(refusal("{}"), @r#"
        Err(
            "id must not be empty",
        )
        "#);
        insta::assert_debug_snapshot!(refusal(r#"{"id":"1","id":"2"}"#), @r#"
        Err(
            "id is given twice with different values: give it once",
        )
        "#);
        insta::assert_debug_snapshot!(refusal(r#"{"data":1}"#), @r#"
        Err(
            "an envelope has no data: keep the data beside it",
        )
        "#);
    }

    #[test]
    fn derives_its_message_id() -> TestResult {
        let envelope: Envelope = serde_json::from_str(COMPACT)?;
        assert_eq!(envelope.message_id(), MessageId::of(&envelope.tenant, &envelope.source, &envelope.id));
        Ok(())
    }
}
