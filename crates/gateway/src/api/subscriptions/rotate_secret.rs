//! `POST /v1/subscriptions/{id}/rotate-secret`.

use axum::{extract::State, response::Response};
use barid_registry::{Settings, SubscriptionId};
use barid_signature::Secret;

use super::{
    WHAT,
    write::{Change, write},
};
use crate::{
    access::Caller,
    api::overlap::overlap,
    app::App,
    changes::{Wait, WaitOrTry},
    clock,
    http::{Flag, Id, OptionalDocument, Precondition, Problem, Query},
};

/// Take a new signing secret.
///
/// For the overlap (24 h, at most 30 days) old and new secret both sign, so that the receiver can change over when it likes.
/// The answer shows the new secret: `signing.secrets[0].secret`.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/rotate-secret", tag = "subscriptions", operation_id = "rotateSubscriptionSecret", params(("id" = String, Path), Wait),
    request_body(content = Option<serde_json::Value>, content_type = "application/json", example = json!({"overlap": "24h"})),
    responses((status = 200, description = "Both secrets sign from now on.", body = ref("#/components/schemas/Subscription"))))]
pub(super) async fn rotate_secret(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
    OptionalDocument(body): OptionalDocument,
) -> Result<Response, Problem> {
    let overlap = overlap(body.as_ref())?;
    let fresh = clock::random(|fill| Secret::generate(fill))?;
    let query = WaitOrTry { wait, dry_run: Flag::Off };
    write(&app, &caller, &id, &precondition, query, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        let signing = current.signing.rotated(fresh.clone(), overlap, clock::now());
        let signing = signing.map_err(|error| Problem::at("/overlap", error.to_string()))?;
        Ok(Change { settings: Settings { signing, ..current.clone() }, is_secret_new: true })
    })
    .await
}
