//! The event of a test: what the request says, else an example of a type that the subscription wants.

use std::str::FromStr;

use barid_event::{ContentType, Envelope, Event, EventId, EventType, Extensions, Pattern, PatternWord, Source};
use barid_registry::{Settings, Snapshot, catalogue};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Problem;

/// Who sends tests.
const SOURCE: &str = "/barid/test";
/// A word in the place of a wildcard.
const ANY_WORD: &str = "test";

/// The event to send.
pub(super) fn event(
    body: Option<&Value>,
    settings: &Settings,
    snapshot: &Snapshot,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Event, Problem> {
    let (event_type, data) = asked(body)?;
    let event_type = event_type.or_else(|| wanted(settings));
    let event_type = event_type.ok_or_else(|| Problem::at("/type", "is missing, and none can be made up: give one"))?;
    let data = data.unwrap_or_else(|| example(&event_type, snapshot));
    let envelope = Envelope {
        id: EventId::from(id),
        source: Source::from_str(SOURCE).unwrap_or_else(|_| Source::unknown()),
        event_type,
        time: now,
        subject: None,
        datacontenttype: ContentType::default(),
        dataschema: None,
        tenant: settings.tenant.clone(),
        extensions: Extensions::default(),
    };
    Ok(Event { envelope, data: Bytes::from(data.to_string()) })
}

/// Type and data that the request gives.
fn asked(body: Option<&Value>) -> Result<(Option<EventType>, Option<Value>), Problem> {
    let Some(body) = body else { return Ok((None, None)) };
    let Value::Object(fields) = body else {
        return Err(Problem::at("", "is no object: give type and data, or nothing"));
    };
    if let Some(unknown) = fields.keys().find(|key| !["type", "data"].contains(&key.as_str())) {
        let pointer = format!("/{}", unknown.replace('~', "~0").replace('/', "~1"));
        return Err(Problem::at(&pointer, "is unknown: use type and data"));
    }
    let event_type = match fields.get("type") {
        None => None,
        Some(Value::String(text)) => {
            Some(text.parse::<EventType>().map_err(|error| Problem::at("/type", error.to_string()))?)
        }
        Some(_) => return Err(Problem::at("/type", "is no string: give one such as deal.won")),
    };
    Ok((event_type, fields.get("data").cloned()))
}

/// A type that the subscription wants: one of the catalogue if possible, else one made up from its first pattern.
fn wanted(settings: &Settings) -> Option<EventType> {
    let is_wanted = |event_type: &EventType| settings.patterns.iter().any(|pattern| pattern.matches(event_type));
    let known = catalogue::event_types().into_iter().map(|known| known.event_type).find(is_wanted);
    known.or_else(|| literal(settings.patterns.iter().next()?).parse().ok())
}

/// A pattern with words for its wildcards.
fn literal(pattern: &Pattern) -> String {
    let word = |word: PatternWord<'_>| match word {
        PatternWord::Literal(text) => text.to_owned(),
        PatternWord::One | PatternWord::Many => ANY_WORD.to_owned(),
    };
    pattern.words().map(word).collect::<Vec<_>>().join(".")
}

/// Data of such an event.
fn example(event_type: &EventType, snapshot: &Snapshot) -> Value {
    let registered = snapshot.event_type(event_type).and_then(|settings| settings.example.clone());
    let shipped = || catalogue::event_types().into_iter().find(|known| known.event_type == *event_type)?.example;
    registered.or_else(shipped).unwrap_or_else(|| json!({"test": true}))
}

#[cfg(test)]
mod tests {
    use barid_registry::file;

    use super::*;

    fn settings(pattern: &str) -> Settings {
        let text = format!(
            "subscriptions: [{{name: a, tenant: acme, events: ['{pattern}'], destination: {{url: 'https://example.com/'}}, \
             signing: {{secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}}}]"
        );
        file::parse(&text, false).unwrap().remove(0)
    }

    fn sample(pattern: &str, body: Option<&Value>) -> Event {
        event(body, &settings(pattern), &Snapshot::default(), Uuid::nil(), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn is_an_example_of_the_catalogue_where_one_is_wanted() {
        let event = sample("deal.#", None);
        assert!(event.envelope.event_type.as_str().starts_with("deal."));
        assert!(event.data.len() > 20);
        assert_eq!((event.envelope.tenant.as_str(), event.envelope.source.as_str()), ("acme", SOURCE));
    }

    #[test]
    fn is_made_up_from_the_pattern_where_none_is() {
        assert_eq!(sample("warehouse.*.moved.#", None).envelope.event_type.as_str(), "warehouse.test.moved.test");
    }

    #[test]
    fn is_what_the_request_says() {
        let event = sample("deal.#", Some(&json!({"type": "x.y", "data": [1]})));
        assert_eq!((event.envelope.event_type.as_str(), &*event.data), ("x.y", b"[1]".as_slice()));
    }

    #[test]
    fn refuses_a_body_that_is_no_sample() {
        for body in [json!([]), json!({"type": 1}), json!({"type": "A"}), json!({"typ": "a"})] {
            let refused = event(Some(&body), &settings("a"), &Snapshot::default(), Uuid::nil(), DateTime::UNIX_EPOCH);
            assert!(refused.is_err(), "{body}");
        }
    }
}
