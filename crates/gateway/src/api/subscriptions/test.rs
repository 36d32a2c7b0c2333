//! `POST /v1/subscriptions/{id}/test`: one attempt, made by a dispatcher on the real road. The gateway sends nothing to
//! subscribers itself.

mod sample;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::SubscriptionId;
use uuid::Uuid;

use super::write::must_find;
use crate::{
    access::Caller,
    app::App,
    clock,
    http::{Id, NoQuery, OptionalDocument, Problem, Query},
    trial::{Trial, attempt},
};

/// Send a sample event to one subscription, and tell how the attempt went.
///
/// The attempt takes the real road, through the broker and a dispatcher, even while the subscription is paused. There is no
/// second attempt and no dead letter. Without a body the sample is the example of a registered event type that the
/// subscription wants. The event's source is `/barid/test`.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/test", tag = "subscriptions", operation_id = "testSubscription", params(("id" = String, Path)),
    request_body(content = Option<serde_json::Value>, content_type = "application/json", example = json!({"type": "deal.won", "data": {"id": "42"}})),
    responses((status = 200, description = "How the attempt went.", body = ref("#/components/schemas/TestOutcome")),
        (status = 504, description = "Nobody told how the attempt went: is a dispatcher running?", content_type = "application/problem+json", body = ref("#/components/schemas/Problem"))))]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(NoQuery {}): Query<NoQuery>,
    OptionalDocument(body): OptionalDocument,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    let settings = &row.value.settings;
    let event = sample::event(body.as_ref(), settings, &app.snapshot(), Uuid::now_v7(), clock::now())?;
    let trial = Trial { subscription: &id, revision: row.revision, timeout: settings.destination.timeout(), hops: 0 };
    Ok(Json(attempt(&app, trial, event).await?).into_response())
}
