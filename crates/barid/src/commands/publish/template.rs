//! What the command line says about an event, and the event that it and some data make.

use barid_event::amqp::{self, Limits, Message};
use barid_event::{AttributeValue, Event, Malformed, Source, Subject, Tenant};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The content type of a whole event in JSON.
pub(super) const STRUCTURED: &str = "application/cloudevents+json";

/// What is known before the data is.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The type, unless the data says it.
    pub(super) event_type: Option<String>,
    /// The media type of the data.
    pub(super) content_type: String,
    /// The id, if it is not to be made.
    pub(super) id: Option<String>,
    /// Who publishes, unless the data says it.
    pub(super) source: Source,
    /// What it is about.
    pub(super) subject: Option<Subject>,
    /// Whose it is.
    pub(super) tenant: Option<Tenant>,
    /// What is accepted.
    pub(super) limits: Limits,
}

impl Template {
    /// The event with this data, as the router would read it.
    pub(super) fn event(&self, data: Bytes, now: DateTime<Utc>) -> Result<Event, Malformed> {
        self.read(&self.content_type, data, now)
    }

    /// The event in this JSON object.
    pub(super) fn structured(&self, json: Bytes, now: DateTime<Utc>) -> Result<Event, Malformed> {
        self.read(STRUCTURED, json, now)
    }

    fn read(&self, content_type: &str, body: Bytes, now: DateTime<Utc>) -> Result<Event, Malformed> {
        let text = |text: &str| AttributeValue::Text(text.to_owned().into());
        let subject = self.subject.as_ref().map(|subject| ("subject".into(), text(subject.as_str())));
        let tenant = self.tenant.as_ref().map(|tenant| ("tenant".into(), text(tenant.as_str())));
        let message = Message {
            routing_key: self.event_type.as_deref().unwrap_or_default(),
            content_type: Some(content_type),
            message_id: self.id.as_deref(),
            app_id: Some(self.source.as_str()),
            headers: subject.into_iter().chain(tenant).collect(),
            body,
            ..Message::default()
        };
        amqp::read(&message, &self.limits, now, Uuid::now_v7).map(|read| read.event)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn template() -> Template {
        Template {
            event_type: None,
            content_type: "application/json".to_owned(),
            id: None,
            source: "/test".parse().unwrap(),
            subject: None,
            tenant: None,
            limits: Limits::default(),
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_512_600, 0).unwrap()
    }

    #[test]
    fn the_options_become_the_envelope() {
        let template = Template {
            event_type: Some("deal.won".to_owned()),
            id: Some("7".to_owned()),
            subject: Some("deal 7".parse().unwrap()),
            tenant: Some("acme".parse().unwrap()),
            ..template()
        };
        let event = template.event(Bytes::from_static(b"{}"), now()).unwrap();
        assert_eq!(
            serde_json::to_string(&event.envelope).unwrap(),
            r#"{"id":"7","source":"/test","type":"deal.won","time":"2026-11-24T09:30:00Z","subject":"deal 7","datacontenttype":"application/json","tenant":"acme"}"#
        );
    }

    #[test]
    fn a_line_needs_only_a_type_and_its_own_words_win() {
        let line = Bytes::from_static(br#"{"type":"deal.won","source":"/crm","data":{"a": 1}}"#);
        let event = template().structured(line, now()).unwrap();
        assert_eq!(event.envelope.source.as_str(), "/crm");
        assert_eq!(event.data, r#"{"a": 1}"#);
        assert!(template().structured(Bytes::from_static(b"{}"), now()).is_err());
    }

    #[test]
    fn refuses_what_the_router_would_refuse() {
        let template = Template { event_type: Some("deal.won".to_owned()), ..template() };
        assert!(template.event(Bytes::from_static(b"no json"), now()).is_err());
        let template = Template { content_type: "text/plain".to_owned(), ..template };
        assert!(template.event(Bytes::from_static(b"no json"), now()).is_ok());
    }
}
