//! `POST /v1/sources/{id}/test`: the sample of the source's preset, signed as the provider would sign it, judged as a
//! request to `/in/{token}` would be. Nothing is published.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use barid_inbound::{SignedSample, Source, presets, sign};
use barid_registry::source::{SourceId, SourceSettings};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

use super::write::must_find;
use crate::{
    access::Caller,
    app::App,
    clock,
    http::{Id, Kind, NoQuery, Problem, Query},
    inbound::{Judged, judge},
};

/// Stands for the token, which nobody keeps.
const NO_TOKEN: &str = "st_the_token_is_not_kept";

/// Sign the sample of the source's preset as the provider would, and tell which events it makes.
///
/// Verification, mapping and schemas are the source's; nothing is published.
#[utoipa::path(post, path = "/v1/sources/{id}/test", tag = "sources", operation_id = "testSource", params(("id" = String, Path)),
    responses((status = 200, description = "What would come of it.", body = ref("#/components/schemas/SourceTest"))))]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SourceId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let settings = must_find(&app, &caller, &id).await?.value.settings;
    let sample = sample(&app, &settings)?;
    let source = Source::compile(Arc::new(settings)).map_err(|error| Problem::at("/secret", error.to_string()))?;
    // A sample is short: it is never late.
    let now = clock::now();
    let judged = judge(&source, (sample.method, &sample.url), &headers(&sample), &sample.body, now, &|| false);
    let (accepted, reason, events) = match judged {
        Ok(Judged::Answered(what, _)) => (true, Some(what.to_owned()), Vec::new()),
        Ok(Judged::Events { items, .. }) => {
            let snapshot = app.snapshot();
            let events: Vec<_> = items
                .into_iter()
                .map(|(_, mapped)| match mapped {
                    Ok(event) => {
                        let error = snapshot.admit(&event).err().map(|refused| refused.to_string());
                        let data: Value = serde_json::from_slice(&event.data).unwrap_or_default();
                        json!({"event": event.envelope, "data": data, "error": error})
                    }
                    Err(error) => json!({"event": null, "data": null, "error": error.to_string()}),
                })
                .collect();
            (events.iter().all(|event| event["error"].is_null()), None, events)
        }
        Err((reason, _)) => (false, Some(reason.to_string()), Vec::new()),
    };
    Ok(Json(json!({"accepted": accepted, "reason": reason, "events": events})).into_response())
}

fn sample(app: &App, settings: &SourceSettings) -> Result<SignedSample, Problem> {
    let preset = presets().get(settings.preset.as_str());
    let preset =
        preset.ok_or_else(|| Problem::new(Kind::Internal, "the preset of the source is not there any more"))?;
    let url = settings.public_url.clone().unwrap_or_else(|| format!("{}/in/{NO_TOKEN}", app.public_url));
    let secret = settings.secrets.first().map_or("", |one| one.secret.expose());
    let id = Uuid::now_v7().to_string();
    sign(preset, &settings.verification, secret, &url, &id, clock::now()).map_err(|_| {
        let detail = "the provider signs with a private key that only it has: have it send a test";
        Problem::at("", detail)
    })
}

fn headers(sample: &SignedSample) -> HeaderMap {
    let field = |(name, value): &(String, String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    sample.headers.iter().filter_map(field).collect()
}
