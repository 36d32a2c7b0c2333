//! Making an event.

use barid_event::{ContentType, Envelope, Event, EventId, Extensions, Malformed, Source, Tenant};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::error::InvalidEvent;

/// An event in the making. Attributes are checked at the end, by [`NewEvent::json`] or [`NewEvent::data`].
///
/// ```
/// use barid_producer::NewEvent;
///
/// let event = NewEvent::new("deal.won")
///     .source("sales")
///     .subject("deal/7")
///     .json(&serde_json::json!({"amount_minor": 1_000_000, "currency": "EUR"}))?;
/// assert_eq!(event.envelope.tenant.as_str(), "default");
///
/// let refused = NewEvent::new("Deal Won").json(&()).unwrap_err();
/// assert!(refused.to_string().starts_with("type"));
/// # Ok::<(), barid_producer::InvalidEvent>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewEvent<'a> {
    event_type: &'a str,
    id: Option<&'a str>,
    source: Option<&'a str>,
    tenant: Option<&'a str>,
    subject: Option<&'a str>,
    dataschema: Option<&'a str>,
    time: Option<DateTime<Utc>>,
    extensions: Vec<(&'a str, &'a str)>,
}

impl<'a> NewEvent<'a> {
    /// An event of this type: dotted words of `[a-z0-9_]`, such as `contact.created`.
    pub fn new(event_type: &'a str) -> Self {
        Self {
            event_type,
            id: None,
            source: None,
            tenant: None,
            subject: None,
            dataschema: None,
            time: None,
            extensions: Vec::new(),
        }
    }

    /// Its id, unique within the source. Without one it is a fresh UUID (version 7).
    pub fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// The service that publishes it. Without one it is `/unknown`.
    pub fn source(mut self, source: &'a str) -> Self {
        self.source = Some(source);
        self
    }

    /// The CRM account it belongs to. Without one it is `default`.
    pub fn tenant(mut self, tenant: &'a str) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// What it is about, such as the record's id.
    pub fn subject(mut self, subject: &'a str) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The schema its data follows, a URI.
    pub fn dataschema(mut self, dataschema: &'a str) -> Self {
        self.dataschema = Some(dataschema);
        self
    }

    /// When it happened. Without it: when the event is made.
    pub fn time(mut self, time: DateTime<Utc>) -> Self {
        self.time = Some(time);
        self
    }

    /// One more `CloudEvents` attribute, such as `traceparent`.
    pub fn extension(mut self, name: &'a str, value: &'a str) -> Self {
        self.extensions.push((name, value));
        self
    }

    /// The event with this value as its data, in JSON.
    ///
    /// # Errors
    /// When an attribute is not as it must be, or the value has no JSON form.
    pub fn json(self, value: &impl Serialize) -> Result<Event, InvalidEvent> {
        let data = serde_json::to_vec(value)?;
        Ok(self.make(ContentType::default(), data.into())?)
    }

    /// The event with these bytes as its data, of this media type. Data that claims to be JSON is checked by routers only.
    ///
    /// # Errors
    /// When an attribute is not as it must be.
    pub fn data(self, content_type: &str, data: impl Into<Bytes>) -> Result<Event, InvalidEvent> {
        let content_type = attribute("datacontenttype", content_type.parse())?;
        Ok(self.make(content_type, data.into())?)
    }

    fn make(self, datacontenttype: ContentType, data: Bytes) -> Result<Event, Malformed> {
        let mut extensions = Extensions::default();
        for (name, value) in self.extensions {
            attribute(name, extensions.insert(name, value))?;
        }
        let id = match self.id {
            Some(id) => id.parse().map_err(Malformed::InvalidId)?,
            None => EventId::from(Uuid::now_v7()),
        };
        let source = self.source.map(str::parse).transpose();
        let subject = self.subject.map(str::parse).transpose();
        let dataschema = self.dataschema.map(str::parse).transpose();
        let tenant = self.tenant.map(str::parse::<Tenant>).transpose()?;
        let envelope = Envelope {
            id,
            source: source.map_err(Malformed::InvalidSource)?.unwrap_or_else(Source::unknown),
            event_type: self.event_type.parse()?,
            time: self.time.unwrap_or_else(now),
            subject: attribute("subject", subject)?,
            datacontenttype,
            dataschema: attribute("dataschema", dataschema)?,
            tenant: tenant.unwrap_or_default(),
            extensions,
        };
        Ok(Event { envelope, data })
    }
}

fn attribute<T, E: ToString>(name: &str, result: Result<T, E>) -> Result<T, Malformed> {
    result.map_err(|problem| Malformed::InvalidAttribute { name: name.to_owned(), problem: problem.to_string() })
}

#[expect(clippy::disallowed_methods, reason = "an event that says no time happens when it is made")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_everything_it_was_given() {
        let time = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        let event = NewEvent::new("contact.created")
            .id("contact-1-v7")
            .source("sales")
            .tenant("acme")
            .subject("contact/1")
            .dataschema("https://crm.example.com/contact.json")
            .time(time)
            .extension("traceparent", "00-1")
            .json(&[1, 2])
            .unwrap();
        let written = serde_json::to_string(&event.envelope).unwrap();
        assert_eq!(
            written,
            r#"{"id":"contact-1-v7","source":"sales","type":"contact.created","time":"2025-11-24T16:00:00Z","subject":"contact/1","datacontenttype":"application/json","dataschema":"https://crm.example.com/contact.json","tenant":"acme","traceparent":"00-1"}"#
        );
        assert_eq!(event.data, "[1,2]");
    }

    #[test]
    fn makes_up_what_is_left_out() {
        let make = || NewEvent::new("a").data("text/plain", "hello").unwrap();
        let (one, other) = (make(), make());
        assert_ne!(one.envelope.id, other.envelope.id);
        assert_eq!(one.envelope.source, Source::unknown());
        assert_eq!(one.envelope.tenant, Tenant::default());
    }

    #[test]
    fn names_the_attribute_that_is_wrong() {
        let refusal = |event: NewEvent<'_>| event.json(&()).unwrap_err().to_string();
        let event = || NewEvent::new("a");
        for (made, name) in [
            (NewEvent::new("A"), "type "),
            (event().id(""), "id "),
            (event().source("\n"), "source "),
            (event().tenant("A"), "tenant "),
            (event().subject(""), "subject "),
            (event().dataschema(""), "dataschema "),
            (event().extension("id", "1"), "id "),
        ] {
            let refusal = refusal(made);
            assert!(refusal.starts_with(name), "{refusal}");
        }
    }
}
