//! `DELETE /v1/sources/{id}`.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use barid_registry::source::SourceId;
use barid_store::Expect;

use super::WHAT;
use crate::{
    access::Caller,
    api::registered::{contended, is_raced},
    app::App,
    changes::{self, WaitOrTry},
    clock,
    http::{Id, Precondition, Problem, Query},
};

/// How often it is tried again when somebody changes the source at the same moment.
const TRIES: usize = 4;

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
    for _ in 1..TRIES {
        // What it says is not asked: one that cannot be read any more can be deleted.
        let head = app.store.source_head(&id).await?.filter(|head| caller.sees(&head.tenant));
        let Some(head) = head else { return Err(Problem::not_found(WHAT)) };
        precondition.check(Some(head.revision))?;
        let response = StatusCode::NO_CONTENT.into_response();
        if query.dry_run.is_on() {
            return Ok(response);
        }
        match app.store.delete_source(&id, Expect::Revision(head.revision), clock::now()).await {
            Ok(revision) => return Ok(changes::announce(&app, revision, query.wait, response).await),
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}
