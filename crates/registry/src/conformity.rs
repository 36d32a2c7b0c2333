//! Whether an event's data is what its type is registered with. Gateway, router and whoever explains ask here, so that all
//! give the same answer.

use barid_event::Event;
use serde_json::Value;

use crate::{
    event_type::{EventTypeSettings, Validation},
    schema::Violations,
    snapshot::Snapshot,
};

/// Why a schema refuses an event. The text quotes no value of its data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Only JSON can be checked.
    #[error("content type {0:?} is no JSON: publish the data as JSON")]
    NotJson(String),
    /// There is no data, or none that can be read.
    #[error("data is empty or cannot be read: publish what the schema describes")]
    Unreadable,
    /// It is JSON of another shape.
    #[error(transparent)]
    Violations(#[from] Violations),
}

impl Snapshot {
    /// Checks an event against the schema of its type, if one is in force. A mismatch that is only to be warned of comes
    /// back as a value.
    ///
    /// # Errors
    /// When the schema is enforced, and refuses the event.
    pub fn check(&self, event: &Event) -> Result<Option<Mismatch>, Mismatch> {
        let Some(settings) = self.event_type(&event.envelope.event_type) else {
            return Ok(None);
        };
        match (settings.validation, compare(event, settings)) {
            (_, Ok(())) => Ok(None),
            (Validation::Enforce, Err(mismatch)) => Err(mismatch),
            (Validation::Off | Validation::Warn, Err(mismatch)) => Ok(Some(mismatch)),
        }
    }
}

/// The data is parsed only where a schema is in force.
fn compare(event: &Event, settings: &EventTypeSettings) -> Result<(), Mismatch> {
    let Some(schema) = settings.schema.as_ref().filter(|_| settings.validation != Validation::Off) else {
        return Ok(());
    };
    let content_type = &event.envelope.datacontenttype;
    if !content_type.is_json() {
        return Err(Mismatch::NotJson(content_type.as_str().to_owned()));
    }
    let data: Value = serde_json::from_slice(&event.data).map_err(|_| Mismatch::Unreadable)?;
    Ok(schema.check(&data)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use barid_event::amqp::{Limits, Message, read};
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{
        schema::Schema,
        snapshot::{Change, Changes},
    };

    fn snapshot(validation: Validation) -> Snapshot {
        let schema = Schema::compile(&json!({"type": "object", "required": ["amount"]})).unwrap();
        let settings = EventTypeSettings {
            event_type: "deal.won".parse().unwrap(),
            description: String::new(),
            schema: Some(Arc::new(schema)),
            example: None,
            validation,
            revision: 1,
        };
        let changes = Changes { event_types: vec![Change::Put(settings)], ..Changes::default() };
        Snapshot::default().with(changes, 1)
    }

    fn event(event_type: &'static str, content_type: &'static str, body: &'static str) -> Event {
        let message = Message {
            routing_key: event_type,
            content_type: Some(content_type),
            body: body.into(),
            ..Message::default()
        };
        read(&message, &Limits::default(), DateTime::UNIX_EPOCH, Uuid::nil).unwrap().event
    }

    #[test]
    fn an_enforced_schema_refuses_what_a_warning_lets_pass() {
        let wrong = event("deal.won", "application/json", r#"{"sum": 1}"#);
        assert!(matches!(snapshot(Validation::Enforce).check(&wrong), Err(Mismatch::Violations(_))));
        assert!(matches!(snapshot(Validation::Warn).check(&wrong), Ok(Some(Mismatch::Violations(_)))));
        assert_eq!(snapshot(Validation::Off).check(&wrong), Ok(None));
    }

    #[test]
    fn what_is_no_json_is_a_mismatch() {
        let enforced = snapshot(Validation::Enforce);
        let text = event("deal.won", "text/plain", "{}");
        assert_eq!(enforced.check(&text), Err(Mismatch::NotJson("text/plain".to_owned())));
        let nothing = event("deal.won", "application/json", "");
        assert_eq!(enforced.check(&nothing), Err(Mismatch::Unreadable));
    }

    #[test]
    fn other_types_and_right_data_pass() {
        let enforced = snapshot(Validation::Enforce);
        assert_eq!(enforced.check(&event("deal.lost", "text/plain", "?")), Ok(None));
        assert_eq!(enforced.check(&event("deal.won", "application/json", r#"{"amount": 1}"#)), Ok(None));
    }
}
