//! `POST /v1/sources/{id}/rotate-secret`.

use std::time::Duration;

use axum::{extract::State, response::Response};
use barid_registry::source::{MAX_SOURCE_SECRETS, SecretText, SourceId, SourceSecret, SourceSettings};
use chrono::{DateTime, TimeDelta, Utc};
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
        let settings = rotated(current, secret, overlap, clock::now())?;
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
    let secret = secret
        .parse()
        .map_err(|error: barid_registry::source::InvalidSourceSecret| Problem::at("/secret", error.to_string()))?;
    let mut rest = fields.clone();
    rest.remove("secret");
    Ok((secret, overlap::overlap(Some(&Value::Object(rest)))?))
}

/// With the new secret first; those there were end with the overlap, unless they end before.
fn rotated(
    current: &SourceSettings,
    secret: SecretText,
    overlap: Duration,
    now: DateTime<Utc>,
) -> Result<SourceSettings, Problem> {
    let until = TimeDelta::from_std(overlap).ok().and_then(|overlap| now.checked_add_signed(overlap)).unwrap_or(now);
    let mut settings = current.clone();
    let old = current.secrets.iter().filter(|old| !overlap.is_zero() && old.is_active(now) && old.secret != secret);
    let old: Vec<_> = old
        .map(|old| SourceSecret { until: Some(old.until.map_or(until, |ends| ends.min(until))), ..old.clone() })
        .collect();
    settings.secrets = std::iter::once(SourceSecret { secret, until: None }).chain(old).collect();
    if settings.secrets.len() > MAX_SOURCE_SECRETS {
        let message =
            format!("leaves more than {MAX_SOURCE_SECRETS} secrets: give 0s, or wait until old ones have ended");
        return Err(Problem::at("/overlap", message));
    }
    Ok(settings)
}
