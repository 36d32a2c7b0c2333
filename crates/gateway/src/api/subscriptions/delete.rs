//! `DELETE /v1/subscriptions/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::SubscriptionId;

use super::WHAT;
use crate::{
    access::Caller,
    api::owned,
    app::App,
    changes::WaitOrTry,
    clock,
    http::{Id, Precondition, Problem, Query},
};

/// Delete a subscription.
///
/// Deliveries that are on their way are cancelled. One of the same name can be registered again; it has the same id, and
/// gets those that had not come by until then.
#[utoipa::path(delete, path = "/v1/subscriptions/{id}", tag = "subscriptions", operation_id = "deleteSubscription", params(("id" = String, Path), WaitOrTry),
    responses((status = 204, description = "It is deleted, or would be (`dry_run`).")))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    let head = || app.store.subscription_head(&id);
    let delete = |expect| app.store.delete_subscription(&id, expect, clock::now());
    owned::delete(&app, &caller, WHAT, &precondition, query, head, delete).await
}
