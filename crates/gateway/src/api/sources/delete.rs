//! `DELETE /v1/sources/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::source::SourceId;

use super::WHAT;
use crate::{
    access::Caller,
    api::owned,
    app::App,
    changes::WaitOrTry,
    clock,
    http::{Id, Precondition, Problem, Query},
};

/// Delete a source.
///
/// From then on its URL is unknown, also when one of the same name is registered again.
#[utoipa::path(delete, path = "/v1/sources/{id}", tag = "sources", operation_id = "deleteSource", params(("id" = String, Path), WaitOrTry),
    responses((status = 204, description = "It is deleted, or would be (`dry_run`).")))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    let head = || app.store.source_head(&id);
    let delete = |expect| app.store.delete_source(&id, expect, clock::now());
    owned::delete(&app, &caller, WHAT, &precondition, query, head, delete).await
}
