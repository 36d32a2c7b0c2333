//! `GET /v1/sources`.

use axum::{extract::State, response::Response};

use super::view::view;
use crate::{
    access::Caller,
    api::owned::ListQuery,
    app::App,
    http::{Problem, Query, listed},
};

/// List the sources.
///
/// Secrets are masked, and the URLs are not shown.
#[utoipa::path(get, path = "/v1/sources", tag = "sources", operation_id = "listSources", params(ListQuery),
    responses((status = 200, description = "A page of sources, in the order of tenant and name.", body = ref("#/components/schemas/SourcePage"))))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let chosen = query.chosen(&caller)?;
    Ok(listed(app.store.sources(chosen.listing()).await?, |row| view(&row)))
}
