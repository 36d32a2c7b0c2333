//! `GET /v1/subscriptions`.

use axum::{extract::State, response::Response};

use super::view::view;
use crate::{
    access::Caller,
    api::owned::ListQuery,
    app::App,
    http::{Problem, Query, listed},
};

/// List the subscriptions.
///
/// Secrets are masked: of a destination there is the origin, of a signing secret the end.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "subscriptions", operation_id = "listSubscriptions", params(ListQuery),
    responses((status = 200, description = "A page of subscriptions, in the order of tenant and name.", body = ref("#/components/schemas/SubscriptionPage"))))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let chosen = query.chosen(&caller)?;
    Ok(listed(app.store.subscriptions(chosen.listing()).await?, |row| view(&row)))
}
