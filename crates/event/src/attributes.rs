//! Collects an envelope attribute by attribute, from wherever each is found, and refuses two values for one.
//!
//! Headers, JSON members and properties all end here, so there is one place that knows which name means what.

use chrono::{DateTime, Utc};

use crate::text::InvalidText;
use crate::time::{self, InvalidTime};
use crate::{
    AttributeValue, ContentType, DataSchema, Envelope, EventId, EventType, Extensions, InvalidType, Malformed, Source,
    Subject, Tenant,
};

/// The only version of CloudEvents that is understood.
pub(crate) const SPECVERSION: &str = "1.0";

/// An envelope in the making.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) id: Option<EventId>,
    pub(crate) source: Option<Source>,
    pub(crate) event_type: Option<EventType>,
    pub(crate) time: Option<DateTime<Utc>>,
    pub(crate) datacontenttype: Option<ContentType>,
    subject: Option<Subject>,
    dataschema: Option<DataSchema>,
    tenant: Option<Tenant>,
    extensions: Extensions,
}

impl Attributes {
    /// Sets a CloudEvents attribute from a header's or member's value; null sets nothing.
    pub(crate) fn set_value(&mut self, name: &str, value: &AttributeValue<'_>) -> Result<(), Malformed> {
        match value.canonical(name)? {
            Some(text) => self.set(name, &text),
            None => Ok(()),
        }
    }

    /// Sets a CloudEvents attribute; the same value twice is fine, another one is not.
    pub(crate) fn set(&mut self, name: &str, text: &str) -> Result<(), Malformed> {
        match name {
            "specversion" if text == SPECVERSION => Ok(()),
            "specversion" => Err(Malformed::UnsupportedSpecversion),
            "id" => put(&mut self.id, name, text.parse().map_err(Malformed::InvalidId)?),
            "source" => put(&mut self.source, name, text.parse().map_err(Malformed::InvalidSource)?),
            "type" => put(&mut self.event_type, name, text.parse()?),
            "time" => put(&mut self.time, name, time::parse(text)?),
            "tenant" => put(&mut self.tenant, name, text.parse()?),
            "subject" => put(&mut self.subject, name, attribute(name, text.parse())?),
            "dataschema" => put(&mut self.dataschema, name, attribute(name, text.parse())?),
            "datacontenttype" => put(&mut self.datacontenttype, name, attribute(name, text.parse())?),
            _ => match self.extensions.get(name) {
                Some(earlier) if earlier == text => Ok(()),
                Some(_) => Err(disagree(name)),
                None => attribute(name, self.extensions.insert(name, text)),
            },
        }
    }

    /// The envelope, once everything required is there.
    pub(crate) fn into_envelope(self) -> Result<Envelope, Malformed> {
        Ok(Envelope {
            id: self.id.ok_or(Malformed::InvalidId(InvalidText::Empty))?,
            source: self.source.ok_or(Malformed::InvalidSource(InvalidText::Empty))?,
            event_type: self.event_type.ok_or(InvalidType::Empty)?,
            time: self.time.ok_or(InvalidTime::Missing)?,
            subject: self.subject,
            datacontenttype: self.datacontenttype.unwrap_or_default(),
            dataschema: self.dataschema,
            tenant: self.tenant.unwrap_or_default(),
            extensions: self.extensions,
        })
    }
}

fn put<T: PartialEq>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Malformed> {
    match slot {
        Some(earlier) if *earlier != value => Err(disagree(name)),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn attribute<T, E: ToString>(name: &str, result: Result<T, E>) -> Result<T, Malformed> {
    result.map_err(|problem| Malformed::attribute(name, problem.to_string()))
}

fn disagree(name: &str) -> Malformed {
    Malformed::AttributesDisagree { name: name.to_owned() }
}
