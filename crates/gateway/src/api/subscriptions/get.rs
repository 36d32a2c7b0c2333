//! `GET /v1/subscriptions/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::SubscriptionId;

use super::{view::view, write::must_find};
use crate::{
    access::Caller,
    api::registered::with_version,
    app::App,
    http::{Id, NoQuery, Problem, Query},
};

/// Show a subscription, secrets masked.
#[utoipa::path(get, path = "/v1/subscriptions/{id}", tag = "subscriptions", operation_id = "getSubscription", params(("id" = String, Path)),
    responses((status = 200, description = "The subscription.", body = ref("#/components/schemas/Subscription"))))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    Ok(with_version(row.revision, Json(view(&row)).into_response()))
}
