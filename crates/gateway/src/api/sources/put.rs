//! `PUT /v1/sources/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::source::{self, SourceId};

use super::write::{settings, write};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, Precondition, Problem, Query},
};

/// Register or replace a source.
///
/// The id must be the one of the document's tenant and name. A document without secrets keeps those there are. A source that
/// was there keeps its URL; that of a new one is shown in this answer only. `If-Match` replaces only the version it names,
/// `If-None-Match: *` only creates. The header `barid-outcome` says what was done.
#[utoipa::path(put, path = "/v1/sources/{id}", tag = "sources", operation_id = "putSource", params(("id" = String, Path), WaitOrTry),
    request_body(content = ref("#/components/schemas/SourceDocument"), content_type = "application/json",
        example = json!({"name": "repository", "preset": "github", "secret": "what you told github"})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Source")),
        (status = 200, description = "It is replaced, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/SourceOrDraft"))))]
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(body): Document,
) -> Result<Response, Problem> {
    // Before anything is looked up: ids can be worked out, and must not tell whether another tenant's source exists.
    if source::id_of(&body, caller.tenant.as_ref())? != id {
        let message =
            "does not belong to the id in the path, which is derived from tenant and name: use POST, or that id";
        return Err(Problem::at("/name", message));
    }
    write(&app, &caller, &id, &precondition, query, |found| {
        settings(&caller, found.map(|row| &row.value.settings), |reading| source::read(&body, reading))
    })
    .await
}
