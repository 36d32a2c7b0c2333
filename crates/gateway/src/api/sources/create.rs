//! `POST /v1/sources`.

use axum::{extract::State, response::Response};
use barid_registry::source;
use barid_store::Error;

use super::write::{find, settings, write};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Precondition, Problem, Query},
};

/// Register a source.
///
/// Its URL ends in a token, which is a secret: it is shown in this answer only, as `url`. The id is derived from tenant and
/// name.
#[utoipa::path(post, path = "/v1/sources", tag = "sources", operation_id = "createSource", params(WaitOrTry),
    request_body(content = ref("#/components/schemas/SourceDocument"), content_type = "application/json",
        example = json!({"name": "repository", "preset": "github", "secret": "what you told github"})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Source")),
        (status = 200, description = "It would be registered (`dry_run`).", body = ref("#/components/schemas/SourceDraft"))))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WaitOrTry>,
    Document(body): Document,
) -> Result<Response, Problem> {
    let settings = settings(&caller, None, |reading| source::read(&body, reading))?;
    let id = settings.id();
    if find(&app, &caller, &id).await?.is_some() {
        return Err(Error::Exists.into());
    }
    write(&app, &caller, &id, &Precondition::default(), query, |found| match found {
        // Somebody was faster.
        Some(_) => Err(Error::Exists.into()),
        None => Ok(settings.clone()),
    })
    .await
}
