//! `POST /v1/sources/{id}/rotate-token`.

use axum::{extract::State, response::Response};
use barid_registry::source::SourceId;
use barid_store::{Error, Expect, Outcome};

use super::{
    view,
    write::{fresh_token, must_find},
};
use crate::{
    access::Caller,
    api::{
        overlap::overlap,
        registered::{contended, done, is_raced, with_version},
    },
    app::App,
    changes::{self, Wait},
    clock,
    http::{Id, OptionalDocument, Precondition, Problem, Query},
};

/// How often it is tried again when somebody changes the source at the same moment.
const TRIES: usize = 4;

/// Take a new URL.
///
/// For the overlap (24 h, at most 30 days) the old URL counts beside the new one, so that the provider can be told when it
/// suits. While an old URL counts already it is the one that stays, no longer than it would have, and the newest one ends at
/// once: so a URL that was lost is replaced. The answer shows the new one, as `url`, and nothing shows it again.
#[utoipa::path(post, path = "/v1/sources/{id}/rotate-token", tag = "sources", operation_id = "rotateSourceToken", params(("id" = String, Path), Wait),
    request_body(content = Option<serde_json::Value>, content_type = "application/json", example = json!({"overlap": "24h"})),
    responses((status = 200, description = "Both URLs count from now on.", body = ref("#/components/schemas/Source"))))]
pub(super) async fn rotate_token(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
    OptionalDocument(body): OptionalDocument,
) -> Result<Response, Problem> {
    let overlap = overlap(body.as_ref())?;
    let token = fresh_token()?;
    for _ in 1..TRIES {
        let row = must_find(&app, &caller, &id).await?;
        precondition.check(Some(row.revision))?;
        let now = clock::now();
        let tokens = row.value.tokens.rotated(token.hash(), overlap, now);
        match app.store.set_source_tokens(&id, &tokens, Expect::Revision(row.revision), now).await {
            Ok(put) => {
                let row = app.store.source(&id).await?.ok_or(Error::NotFound)?;
                let mut shown = view::view(&row);
                view::reveal(&mut shown, &app, &token);
                let response = with_version(row.revision, done(Outcome::Changed, Some(shown)));
                return Ok(changes::announce(&app, put.revision, wait, response).await);
            }
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}
