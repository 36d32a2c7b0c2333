//! Whether a message is an event that may come: well formed, of the caller's tenant, as the schema of its type asks.

use barid_event::{
    Event, EventId, Malformed, Tenant,
    amqp::{self, Limits, Message},
};
use barid_registry::{Mismatch, Snapshot};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{idempotency, read::for_tenant};
use crate::{
    access::Caller,
    http::{Kind, Problem},
};

/// An event that may come.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) event: Event,
    /// What its schema does not like, where that is only a warning.
    pub(super) warning: Option<String>,
}

/// What deciding depends on beside the message.
pub(super) struct Circumstances<'a> {
    pub(super) caller: &'a Caller,
    pub(super) snapshot: &'a Snapshot,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

/// The event in the message at this place of the request, or why it may not come. `make_id` makes an id where neither the
/// event nor an idempotency key gives one.
pub(super) fn admit(
    message: Message<'_>,
    index: usize,
    circumstances: &Circumstances<'_>,
    make_id: impl FnOnce() -> Uuid,
) -> Result<Admitted, Problem> {
    let Circumstances { caller, snapshot, idempotency_key, now } = circumstances;
    let id = |tenant: &Tenant| idempotency_key.map_or_else(make_id, |key| idempotency::id(tenant, key, index));
    let event = understand(message, caller, *now, id)?;
    let tenant = &event.envelope.tenant;
    if !snapshot.knows_tenant(tenant) {
        let message = format!("tenant {tenant} is not registered: register it, or use one that is");
        return Err(Problem::new(Kind::UnknownTenant, message.clone()).with_fault("/tenant", message));
    }
    let warning = validate(&event, snapshot)?;
    Ok(Admitted { event, warning })
}

/// The event in a message, of the caller's tenant, whether it may come or not. `make_id` makes an id if it has none.
pub(super) fn understand(
    message: Message<'_>,
    caller: &Caller,
    now: DateTime<Utc>,
    make_id: impl FnOnce(&Tenant) -> Uuid,
) -> Result<Event, Problem> {
    let tenant = caller.tenant.as_ref().map(Tenant::as_str);
    let read = amqp::read(&for_tenant(message, tenant), &Limits::default(), now, Uuid::nil);
    let amqp::Read { mut event, id_was_made } = read.map_err(|malformed| problem(&malformed))?;
    if id_was_made {
        event.envelope.id = EventId::from(make_id(&event.envelope.tenant));
    }
    Ok(event)
}

/// What the schema of the event's type says of it; the router says the same.
fn validate(event: &Event, snapshot: &Snapshot) -> Result<Option<String>, Problem> {
    match snapshot.check(event) {
        Ok(None) => Ok(None),
        Ok(Some(mismatch)) => {
            let places = if let Mismatch::Violations(violations) = &mismatch { violations.listed().len() } else { 1 };
            Ok(Some(format!("data is not as the schema of {} asks, in {places} places", event.envelope.event_type)))
        }
        Err(Mismatch::Violations(violations)) => Err(violations.into()),
        Err(mismatch) => Err(Problem::at("/data", mismatch.to_string())),
    }
}

fn problem(malformed: &Malformed) -> Problem {
    let (detail, pointer) = (malformed.to_string(), pointer(malformed));
    let kind = match malformed {
        // The caller's own tenant is the other value.
        Malformed::AttributesDisagree { name } if name == "tenant" => {
            return Problem::new(Kind::Forbidden, "the event names another tenant than the key's: leave it out");
        }
        Malformed::BodyTooLarge { .. } | Malformed::HeadersTooLarge { .. } => Kind::TooLarge,
        Malformed::InvalidJson { .. } => Kind::Malformed,
        Malformed::UnsupportedContentEncoding | Malformed::UnsupportedFormat | Malformed::BatchNotAllowed => {
            Kind::MediaType
        }
        _ => Kind::Invalid,
    };
    Problem::new(kind, format!("no event: {detail}")).with_fault(&pointer, detail)
}

/// The attribute that is at fault, as a pointer into the event.
fn pointer(malformed: &Malformed) -> String {
    match malformed {
        Malformed::InvalidId(_) => "/id".to_owned(),
        Malformed::InvalidSource(_) => "/source".to_owned(),
        Malformed::InvalidType(_) => "/type".to_owned(),
        Malformed::InvalidTime(_) => "/time".to_owned(),
        Malformed::InvalidTenant(_) => "/tenant".to_owned(),
        Malformed::InvalidData { .. } => "/data".to_owned(),
        Malformed::UnsupportedSpecversion => "/specversion".to_owned(),
        Malformed::InvalidAttribute { name, .. } | Malformed::AttributesDisagree { name } => {
            format!("/{}", name.replace('~', "~0").replace('/', "~1"))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use barid_registry::{Change, Changes, event_type};
    use barid_store::Scope;
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    fn snapshot(changes: Changes) -> Snapshot {
        Snapshot::default().with(changes, 1)
    }

    fn with_type(validation: &str) -> Snapshot {
        let document = json!({"type": "deal.won", "validation": validation, "schema": {"required": ["amount"]}});
        let event_types = vec![Change::Put(event_type::read(&document).unwrap())];
        snapshot(Changes { event_types, ..Changes::default() })
    }

    fn admit_as(
        tenant: Option<&str>,
        snapshot: &Snapshot,
        key: Option<&str>,
        event: &Value,
    ) -> Result<Admitted, Problem> {
        let caller = Caller { key: None, scope: Scope::Admin, tenant: tenant.map(|tenant| tenant.parse().unwrap()) };
        let now = DateTime::UNIX_EPOCH;
        let circumstances = Circumstances { caller: &caller, snapshot, idempotency_key: key, now };
        let body = Bytes::from(event.to_string());
        let message = Message { content_type: Some("application/cloudevents+json"), body, ..Message::default() };
        admit(message, 0, &circumstances, || Uuid::from_u128(7))
    }

    #[test]
    fn the_least_event_is_a_type() {
        let admitted = admit_as(None, &Snapshot::default(), None, &json!({"type": "deal.won"})).unwrap();
        let envelope = admitted.event.envelope;
        assert_eq!(envelope.id.as_str(), "00000000-0000-0000-0000-000000000007");
        assert_eq!((envelope.tenant.as_str(), envelope.source.as_str()), ("default", "/unknown"));
        assert_eq!(envelope.time, DateTime::UNIX_EPOCH);
    }

    #[test]
    fn an_idempotency_key_stands_in_for_ids_that_are_missing() {
        let id = |event| admit_as(None, &Snapshot::default(), Some("k"), &event).unwrap().event.envelope.id.to_string();
        let made = id(json!({"type": "deal.won"}));
        assert_eq!(made, idempotency::id(&barid_event::Tenant::default(), "k", 0).to_string());
        assert_eq!(id(json!({"type": "deal.won", "id": "mine"})), "mine");
    }

    #[test]
    fn the_tenant_of_the_key_wins_and_another_is_forbidden() {
        let nothing = Snapshot::default();
        let own = admit_as(Some("acme"), &nothing, None, &json!({"type": "deal.won"})).unwrap();
        assert_eq!(own.event.envelope.tenant.as_str(), "acme");
        assert!(admit_as(Some("acme"), &nothing, None, &json!({"type": "deal.won", "tenant": "acme"})).is_ok());
        for other in ["globex", "default"] {
            let refused = admit_as(Some("acme"), &nothing, None, &json!({"type": "deal.won", "tenant": other}));
            assert_eq!(refused.unwrap_err().kind(), Kind::Forbidden, "{other}");
        }
    }

    #[test]
    fn a_tenant_must_be_registered_where_some_are() {
        let tenants = vec![Change::Put(barid_registry::tenant::read(&json!({"id": "acme"})).unwrap())];
        let snapshot = snapshot(Changes { tenants, ..Changes::default() });
        assert!(admit_as(Some("acme"), &snapshot, None, &json!({"type": "deal.won"})).is_ok());
        let refused = admit_as(None, &snapshot, None, &json!({"type": "deal.won"})).unwrap_err();
        assert_eq!(refused.kind(), Kind::UnknownTenant);
    }

    #[test]
    fn a_schema_is_enforced_or_warns() {
        let event = json!({"type": "deal.won", "data": {}});
        let refused = admit_as(None, &with_type("enforce"), None, &event).unwrap_err();
        assert_eq!(refused.to_json()["errors"][0]["pointer"], "/data");
        assert!(admit_as(None, &with_type("warn"), None, &event).unwrap().warning.is_some());
        assert!(admit_as(None, &with_type("off"), None, &event).unwrap().warning.is_none());
        let good = json!({"type": "deal.won", "data": {"amount": 1}});
        assert!(admit_as(None, &with_type("enforce"), None, &good).unwrap().warning.is_none());
    }

    #[test]
    fn points_at_the_attribute_at_fault() {
        let refused = admit_as(None, &Snapshot::default(), None, &json!({"type": "Deal"})).unwrap_err();
        assert_eq!(refused.to_json()["errors"][0]["pointer"], "/type");
        assert_eq!(refused.kind(), Kind::Invalid);
    }
}
