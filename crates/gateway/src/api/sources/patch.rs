//! `PATCH /v1/sources/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::source::{self, SourceId};

use super::{
    WHAT,
    write::{settings, write},
};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, Precondition, Problem, Query},
};

/// Change a part of a source.
///
/// The body is a merge patch (RFC 7396): what it names is replaced, what is null falls back to its default. What is said
/// instead of the preset (`verification`, `mapping` and so on) is replaced whole. Name and tenant cannot be changed.
#[utoipa::path(patch, path = "/v1/sources/{id}", tag = "sources", operation_id = "patchSource", params(("id" = String, Path), WaitOrTry),
    request_body(description = "A merge patch.", content(
        (ref("#/components/schemas/SourcePatch") = "application/merge-patch+json", example = json!({"enabled": false})),
        (ref("#/components/schemas/SourcePatch") = "application/json"))),
    responses((status = 200, description = "It is changed, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/SourceOrDraft"))))]
pub(super) async fn patch(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(body): Document,
) -> Result<Response, Problem> {
    write(&app, &caller, &id, &precondition, query, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        settings(&caller, Some(current), |reading| source::patch(current, &body, reading))
    })
    .await
}
