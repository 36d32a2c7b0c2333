//! `/v1/event-types`: the catalogue of what events mean. One for the whole installation.

use axum::{extract::State, response::Response};
use barid_event::EventType;
use barid_registry::{EventTypeSettings, Problems, event_type};
use barid_store::{Error, Expect, Page, Put, Row, Store};
use chrono::{DateTime, Utc};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    registered::{self, Entry},
    tenants::ListQuery,
};
use crate::{
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, NoQuery, Paging, Precondition, Problem, Query},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, put, delete))
}

/// List the event types.
#[utoipa::path(get, path = "/v1/event-types", tag = "event types", operation_id = "listEventTypes", params(ListQuery),
    responses((status = 200, description = "A page of event types, in their order.", body = ref("#/components/schemas/EventTypePage"))))]
async fn list(State(app): State<App>, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    registered::list::<EventTypeSettings>(&app, query.paging()?).await
}

/// Register an event type.
///
/// Events need not be of a registered type. One with a schema and `validation: enforce` refuses events whose data is not as
/// the schema asks.
#[utoipa::path(post, path = "/v1/event-types", tag = "event types", operation_id = "createEventType", params(WaitOrTry),
    request_body(content = ref("#/components/schemas/EventTypeDocument"), content_type = "application/json",
        example = json!({"type": "deal.won", "description": "A deal was won.", "validation": "warn", "schema": {"type": "object", "required": ["id"]}, "example": {"id": "42"}})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/EventType")),
        (status = 200, description = "It would be registered (`dry_run`).", body = ref("#/components/schemas/EventTypeDocument"))))]
async fn create(
    State(app): State<App>,
    Query(query): Query<WaitOrTry>,
    Document(document): Document,
) -> Result<Response, Problem> {
    registered::create::<EventTypeSettings>(&app, &document, query).await
}

/// Show an event type.
#[utoipa::path(get, path = "/v1/event-types/{id}", tag = "event types", operation_id = "getEventType", params(("id" = String, Path)),
    responses((status = 200, description = "The event type.", body = ref("#/components/schemas/EventType"))))]
async fn get(
    State(app): State<App>,
    Id(id): Id<EventType>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    registered::get::<EventTypeSettings>(&app, &id).await
}

/// Register or change an event type.
#[utoipa::path(put, path = "/v1/event-types/{id}", tag = "event types", operation_id = "putEventType", params(("id" = String, Path), WaitOrTry),
    request_body(content = ref("#/components/schemas/EventTypePut"), content_type = "application/json",
        example = json!({"description": "A deal was won.", "validation": "off"})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/EventType")),
        (status = 200, description = "It is changed, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/EventTypeOrDocument"))))]
async fn put(
    State(app): State<App>,
    Id(id): Id<EventType>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(document): Document,
) -> Result<Response, Problem> {
    registered::put::<EventTypeSettings>(&app, &id, document, &precondition, query).await
}

/// Delete an event type.
///
/// Events of this type go on, and nobody validates them.
#[utoipa::path(delete, path = "/v1/event-types/{id}", tag = "event types", operation_id = "deleteEventType", params(("id" = String, Path), WaitOrTry),
    responses((status = 204, description = "It is deleted, or would be (`dry_run`).")))]
async fn delete(
    State(app): State<App>,
    Id(id): Id<EventType>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    registered::delete::<EventTypeSettings>(&app, &id, &precondition, query).await
}

impl Entry for EventTypeSettings {
    type Id = EventType;
    const WHAT: &'static str = "event type";
    const KEY: &'static str = "type";

    fn id(&self) -> &EventType {
        &self.event_type
    }

    fn read(document: &Value) -> Result<Self, Problems> {
        event_type::read(document)
    }

    fn write(&self) -> Value {
        event_type::write(self)
    }

    fn unnumbered(self) -> Self {
        Self { revision: 0, ..self }
    }

    async fn find(store: &Store, id: &EventType) -> Result<Option<Row<Self>>, Error> {
        store.event_type(id).await
    }

    async fn list(store: &Store, paging: Paging<'_>) -> Result<Page<Row<Self>>, Error> {
        store.event_types(paging.after, paging.limit).await
    }

    async fn put(store: &Store, entry: &Self, expect: Expect, now: DateTime<Utc>) -> Result<Put, Error> {
        store.put_event_type(entry, expect, now).await
    }

    async fn delete(store: &Store, id: &EventType, expect: Expect, now: DateTime<Utc>) -> Result<u64, Error> {
        store.delete_event_type(id, expect, now).await
    }
}
