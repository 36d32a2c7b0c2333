//! `GET /v1/subscriptions/{id}/secrets`: the explicit call that shows what every other answer masks.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::{SigningScheme, SubscriptionId};
use serde_json::{Value, json};

use super::write::must_find;
use crate::{
    access::Caller,
    api::registered::{time, with_version},
    app::App,
    http::{Id, NoQuery, Problem, Query},
};

/// Show the secrets of a subscription: the whole URL, and what signs its deliveries.
#[utoipa::path(get, path = "/v1/subscriptions/{id}/secrets", tag = "subscriptions", operation_id = "getSubscriptionSecrets", params(("id" = String, Path)),
    responses((status = 200, description = "The secrets, of each scheme the newest first.", body = ref("#/components/schemas/SubscriptionSecrets"))))]
pub(super) async fn secrets(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    let settings = &row.value.settings;
    let secrets: Value = settings.signing.schemes().iter().flat_map(of_scheme).collect();
    let body = json!({"id": id.as_str(), "url": settings.destination.text(), "secrets": secrets});
    Ok(with_version(row.revision, Json(body).into_response()))
}

fn of_scheme(of: &SigningScheme) -> impl Iterator<Item = Value> {
    of.keys.iter().map(|secret| {
        let mut shown = json!({
            "scheme": of.scheme.name(),
            "header": of.scheme.header(),
            "secret": secret.key.expose().as_str(),
            "until": secret.until.map(time),
        });
        if let Some(public) = secret.key.public() {
            shown["public_key"] = json!(public.to_string());
        }
        shown
    })
}
