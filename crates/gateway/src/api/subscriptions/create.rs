//! `POST /v1/subscriptions`.

use axum::{extract::State, response::Response};
use barid_registry::document;
use barid_store::Error;

use super::write::{find, fresh_secrets, settings, write};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Precondition, Problem, Query},
};

/// Register a subscription.
///
/// A scheme without a signing secret gets one, which is shown in this answer only: `signing.secrets[0].secret`. The id is derived from
/// tenant and name.
#[utoipa::path(post, path = "/v1/subscriptions", tag = "subscriptions", operation_id = "createSubscription", params(WaitOrTry),
    request_body(content = ref("#/components/schemas/SubscriptionDocument"), content_type = "application/json",
        example = json!({"name": "big-deals", "events": ["deal.won", "lead.#"], "destination": {"url": "https://hooks.example.com/crm"}})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Subscription")),
        (status = 200, description = "It would be registered (`dry_run`).", body = ref("#/components/schemas/SubscriptionDraft"))))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WaitOrTry>,
    Document(body): Document,
) -> Result<Response, Problem> {
    let fresh = fresh_secrets()?;
    let settings = settings(&app, &caller, None, &fresh, |reading| document::read(&body, reading))?;
    let id = settings.id();
    if find(&app, &caller, &id).await?.is_some() {
        return Err(Error::Exists.into());
    }
    write(&app, &caller, &id, &Precondition::default(), query, &fresh, |found| match found {
        // Somebody was faster.
        Some(_) => Err(Error::Exists.into()),
        None => Ok(settings.clone()),
    })
    .await
}
