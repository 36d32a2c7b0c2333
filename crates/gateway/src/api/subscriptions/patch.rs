//! `PATCH /v1/subscriptions/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::{SubscriptionId, document};

use super::{
    WHAT,
    write::{fresh_secrets, settings, write},
};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, Precondition, Problem, Query},
};

/// Change a part of a subscription.
///
/// The body is a merge patch (RFC 7396): what it names is replaced, what is null falls back to its default. Name and tenant
/// cannot be changed. A scheme that is new and names no signing secret gets one, which this answer shows.
#[utoipa::path(patch, path = "/v1/subscriptions/{id}", tag = "subscriptions", operation_id = "patchSubscription", params(("id" = String, Path), WaitOrTry),
    request_body(description = "A merge patch.", content(
        (ref("#/components/schemas/SubscriptionPatch") = "application/merge-patch+json", example = json!({"delivery": {"max_in_flight": 8}})),
        (ref("#/components/schemas/SubscriptionPatch") = "application/json"))),
    responses((status = 200, description = "It is changed, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/SubscriptionOrDraft"))))]
pub(super) async fn patch(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(body): Document,
) -> Result<Response, Problem> {
    let fresh = fresh_secrets()?;
    write(&app, &caller, &id, &precondition, query, &fresh, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        let mut settings = settings(&app, &caller, None, &fresh, |reading| document::patch(current, &body, reading))?;
        settings.keep_consent(current);
        Ok(settings)
    })
    .await
}
