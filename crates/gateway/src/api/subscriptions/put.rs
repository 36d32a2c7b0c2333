//! `PUT /v1/subscriptions/{id}`.

use axum::{extract::State, response::Response};
use barid_registry::{SubscriptionId, document};

use super::write::{fresh_secrets, settings, write};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, Precondition, Problem, Query},
};

/// Register or replace a subscription.
///
/// The id must be the one of the document's tenant and name. A scheme without a signing secret keeps the one
/// it has, else gets one that this answer shows.
/// Whether it is paused stays as it is. `If-Match` replaces only the version it names, `If-None-Match: *` only creates. The
/// header `barid-outcome` says what was done.
#[utoipa::path(put, path = "/v1/subscriptions/{id}", tag = "subscriptions", operation_id = "putSubscription", params(("id" = String, Path), WaitOrTry),
    request_body(content = ref("#/components/schemas/SubscriptionDocument"), content_type = "application/json",
        example = json!({"name": "big-deals", "events": ["deal.won"], "destination": {"url": "https://hooks.example.com/crm"}})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Subscription")),
        (status = 200, description = "It is replaced, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/SubscriptionOrDraft"))))]
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(body): Document,
) -> Result<Response, Problem> {
    let fresh = fresh_secrets()?;
    // Before anything is looked up: ids can be worked out, and must not tell whether another tenant's subscription exists.
    let told = settings(&app, &caller, None, &fresh, |reading| document::read(&body, reading))?;
    if told.id() != id {
        let message =
            "does not belong to the id in the path, which is derived from tenant and name: use POST, or that id";
        return Err(Problem::at("/name", message));
    }
    write(&app, &caller, &id, &precondition, query, &fresh, |found| {
        let signing = found.map(|row| &row.value.settings.signing);
        let mut settings = settings(&app, &caller, signing, &fresh, |reading| document::read(&body, reading))?;
        if let Some(row) = found {
            settings.keep_consent(&row.value.settings);
        }
        Ok(settings)
    })
    .await
}
