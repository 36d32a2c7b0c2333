//! `GET /v1/sources/{id}/secrets`: the explicit call that shows what every other answer masks.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::source::{SecretText, SourceId};
use serde_json::{Value, json};

use super::write::must_find;
use crate::{
    access::Caller,
    api::registered::{time, with_version},
    app::App,
    http::{Id, NoQuery, Problem, Query},
};

/// Show the secrets of a source: what verifies its requests. Its URL is not kept, and cannot be shown.
#[utoipa::path(get, path = "/v1/sources/{id}/secrets", tag = "sources", operation_id = "getSourceSecrets", params(("id" = String, Path)),
    responses((status = 200, description = "The secrets, the newest first.", body = ref("#/components/schemas/SourceSecrets"))))]
pub(super) async fn secrets(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    let settings = &row.value.settings;
    let secrets: Value = settings
        .secrets
        .iter()
        .map(|one| json!({"secret": one.secret.expose(), "until": one.until.map(time)}))
        .collect();
    let verify_token = settings.verify_token.as_ref().map(SecretText::expose);
    let body = json!({"id": id.as_str(), "secrets": secrets, "verify_token": verify_token});
    Ok(with_version(row.revision, Json(body).into_response()))
}
