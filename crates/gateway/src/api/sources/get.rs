//! `GET /v1/sources/{id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::source::SourceId;

use super::{view::view, write::must_find};
use crate::{
    access::Caller,
    api::registered::with_version,
    app::App,
    http::{Id, NoQuery, Problem, Query},
};

/// Show a source, secrets masked.
#[utoipa::path(get, path = "/v1/sources/{id}", tag = "sources", operation_id = "getSource", params(("id" = String, Path)),
    responses((status = 200, description = "The source.", body = ref("#/components/schemas/Source"))))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    Ok(with_version(row.revision, Json(view(&row)).into_response()))
}
