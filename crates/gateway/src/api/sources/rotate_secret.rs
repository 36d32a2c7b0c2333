//! `POST /v1/sources/{id}/rotate-secret`.

use std::time::Duration;

use axum::{extract::State, response::Response};
use barid_registry::source::{InvalidSourceSecret, SecretText, SourceId};
use serde_json::Value;

use super::{
    WHAT,
    write::{must_compile, write},
};
use crate::{
    access::Caller,
    api::overlap,
    app::App,
    changes::{Wait, WaitOrTry},
    clock,
    http::{Flag, Id, OptionalDocument, Precondition, Problem, Query},
};

/// Verify with a new secret.
///
/// The provider makes it, or you tell it to the provider. For the overlap (24 h, at most 30 days) requests signed with the
/// old secrets are accepted too.
#[utoipa::path(post, path = "/v1/sources/{id}/rotate-secret", tag = "sources", operation_id = "rotateSourceSecret", params(("id" = String, Path), Wait),
    request_body(content = ref("#/components/schemas/SourceRotation"), content_type = "application/json", example = json!({"secret": "the provider's new secret", "overlap": "24h"})),
    responses((status = 200, description = "The new secret counts, and the old ones for the overlap.", body = ref("#/components/schemas/Source"))))]
pub(super) async fn rotate_secret(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
    OptionalDocument(body): OptionalDocument,
) -> Result<Response, Problem> {
    let query = WaitOrTry { wait, dry_run: Flag::Off };
    write(&app, &caller, &id, &precondition, query, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        let (secret, overlap) = asked(body.as_ref())?;
        let rotated = current.rotated(secret, overlap, clock::now());
        let settings = rotated.map_err(|error| Problem::at("/overlap", error.to_string()))?;
        must_compile(&settings)?;
        Ok(settings)
    })
    .await
}

fn asked(body: Option<&Value>) -> Result<(SecretText, Duration), Problem> {
    let missing = || Problem::at("/secret", "is missing: give the new secret");
    let Some(Value::Object(fields)) = body else { return Err(missing()) };
    let secret = fields.get("secret").ok_or_else(missing)?;
    let secret = secret.as_str().ok_or_else(|| Problem::at("/secret", "is no text: give the new secret"))?;
    let secret = secret.parse().map_err(|error: InvalidSourceSecret| Problem::at("/secret", error.to_string()))?;
    let mut rest = fields.clone();
    rest.remove("secret");
    Ok((secret, overlap::overlap(Some(&Value::Object(rest)))?))
}
