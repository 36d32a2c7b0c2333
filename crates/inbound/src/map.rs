//! From an item to an event, by the rules of its source.

use barid_event::{
    ContentType, Envelope, Event, EventId, EventType, Extensions, InvalidTenant, InvalidText, InvalidType,
    Source as EventSource, Subject, Tenant,
};
use barid_registry::source::Unmapped;
use chrono::{DateTime, Datelike, Utc};
use serde_json::{Map, Value};

use crate::{
    Budget, Reason,
    source::{Accepted, Item, Source},
};

/// What words of a type are made of beside dots; anything else in a computed type becomes an underscore.
fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// Why an item makes no event. The text may quote it: it is for the source's owner, never for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The mapping gives nothing for it.
    #[error(transparent)]
    Unmapped(#[from] Unmapped),
    /// The type is none.
    #[error("the mapping's {0}")]
    Type(#[from] InvalidType),
    /// The tenant is none.
    #[error("the mapping's {0}")]
    Tenant(#[from] InvalidTenant),
    /// An attribute cannot be as it is.
    #[error("the mapping's {0} {1}")]
    Attribute(&'static str, InvalidText),
    /// The time is none.
    #[error("the mapping's time is no rfc 3339 time: write it like 2026-11-24T09:30:00Z")]
    Time,
    /// The data is no object, so that `raw` has no place in it.
    #[error("the mapping's data is no object: give one, or turn keep_raw off")]
    RawWithoutObject,
}

/// An item, and the event that it makes or why it makes none.
pub type MappedItem = (Item, Result<Event, MappingError>);

impl Source {
    /// The event of each item of an accepted request, in order, or why it makes none.
    pub fn events(&self, accepted: &Accepted, budget: &mut Budget<'_>) -> Result<Vec<MappedItem>, Reason> {
        let mapped = |item: &Item| {
            budget.go_on()?;
            let event = self.event(accepted, item);
            // A fault may quote what it was given.
            budget.spend(event.as_ref().map_or_else(|fault| fault.to_string().len(), |event| event.data.len()))?;
            Ok((item.clone(), event))
        };
        accepted.items.iter().map(mapped).collect()
    }

    /// The event that an item of an accepted request makes, ready to be published. Its id is the item's, so that it is the
    /// same event whenever the provider sends it again.
    pub(crate) fn event(&self, accepted: &Accepted, item: &Item) -> Result<Event, MappingError> {
        let settings = &*self.settings;
        let request = &*accepted.request;
        let (id, kind) =
            (Value::from(item.dedup_id.as_str()), Value::from(item.event_type_hint.as_deref().unwrap_or_default()));
        let [payload, headers, query, now] = request.scope(&item.payload);
        let scope = [payload, headers, query, now, ("parent", &item.parent), ("kind", &kind), ("id", &id)];
        let mapped = settings.mapping.apply(&scope)?;
        let attribute = |name: &'static str| move |error| MappingError::Attribute(name, error);
        let event_type = normal(&mapped.event_type).parse::<EventType>()?;
        let tenant = mapped.tenant.map_or_else(|| Ok(settings.tenant.clone()), |tenant| tenant.parse::<Tenant>())?;
        let id = mapped.id.unwrap_or_else(|| item.dedup_id.clone());
        let subject = mapped.subject.map(|subject| subject.parse::<Subject>()).transpose();
        let source = format!("/sources/{}", settings.name).parse::<EventSource>();
        let time = mapped.time.map_or(Some(request.now), |time| parse_time(&time)).ok_or(MappingError::Time)?;
        let mut data = mapped.data;
        if settings.keep_raw {
            let Value::Object(members) = &mut data else { return Err(MappingError::RawWithoutObject) };
            members.insert("raw".to_owned(), Value::clone(&item.payload));
        }
        let envelope = Envelope {
            id: id.parse::<EventId>().map_err(attribute("id"))?,
            source: source.map_err(attribute("source"))?,
            event_type,
            time,
            subject: subject.map_err(attribute("subject"))?,
            datacontenttype: ContentType::default(),
            dataschema: None,
            tenant,
            extensions: Extensions::default(),
        };
        Ok(Event { envelope, data: without_nulls(data).to_string().into() })
    }
}

/// Members that hold nothing say nothing, and schemas have no null; in `raw`, everything stays.
fn without_nulls(data: Value) -> Value {
    match data {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// RFC 3339, seconds or milliseconds since 1970; in a year that RFC 3339 can write.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let number = text.parse::<i64>().ok();
    let time = match number {
        // Nobody sends seconds of the year 5138 or milliseconds of 1973.
        Some(number) if number.abs() >= 100_000_000_000 => DateTime::from_timestamp_millis(number),
        Some(number) => DateTime::from_timestamp(number, 0),
        None => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
    };
    time.filter(|time| (0..=9999).contains(&time.year()))
}

/// A provider's word for a type as one of ours: `orders/create` is `orders.create`, `contact.propertyChange` is
/// `contact.property_change`.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        let c = if matches!(c, '/' | ':') { '.' } else { c };
        if c.is_ascii_uppercase() {
            if normal.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit()) {
                normal.push('_');
            }
            normal.push(c.to_ascii_lowercase());
        } else if is_word(c) || c == '.' {
            normal.push(c);
        } else {
            normal.push('_');
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_types_our_way() {
        for (theirs, ours) in [
            ("orders/create", "orders.create"),
            ("contact.propertyChange", "contact.property_change"),
            ("zen:event-type:ticket.created", "zen.event_type.ticket.created"),
            ("deal.won", "deal.won"),
        ] {
            assert_eq!(normal(theirs), ours);
        }
    }

    #[test]
    fn reads_times_as_providers_write_them() {
        let time = parse_time("2026-11-24T09:30:00Z");
        assert!(time.is_some());
        assert_eq!(parse_time("1795512600"), time);
        assert_eq!(parse_time("1795512600000"), time);
        assert_eq!(parse_time("yesterday"), None);
    }
}
