//! `POST /v1/subscriptions/{id}/rotate-secret`.

use std::time::Duration;

use axum::{extract::State, response::Response};
use barid_registry::{MAX_OVERLAP, Settings, SubscriptionId};
use barid_signature::Secret;
use serde_json::Value;

use super::{
    WHAT,
    write::{Change, write},
};
use crate::{
    access::Caller,
    app::App,
    changes::{Wait, WaitOrTry},
    clock,
    http::{Flag, Id, OptionalDocument, Precondition, Problem, Query},
};

/// How long the old secret signs beside the new one unless the request says otherwise.
const DEFAULT_OVERLAP: Duration = Duration::from_hours(24);

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

fn overlap(body: Option<&Value>) -> Result<Duration, Problem> {
    let Some(body) = body else { return Ok(DEFAULT_OVERLAP) };
    let Value::Object(fields) = body else { return Err(Problem::at("", "is no object: give overlap, or nothing")) };
    if let Some(unknown) = fields.keys().find(|key| *key != "overlap") {
        let pointer = format!("/{}", unknown.replace('~', "~0").replace('/', "~1"));
        return Err(Problem::at(&pointer, "is unknown: use overlap"));
    }
    let advice = "is no duration: write it like 24h, at most 30days";
    match fields.get("overlap") {
        None => Ok(DEFAULT_OVERLAP),
        Some(Value::String(text)) => match humantime::parse_duration(text) {
            Ok(overlap) if overlap <= MAX_OVERLAP => Ok(overlap),
            _ => Err(Problem::at("/overlap", advice)),
        },
        Some(_) => Err(Problem::at("/overlap", advice)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_sign_for_a_day_unless_told() {
        assert_eq!(overlap(None).unwrap(), DEFAULT_OVERLAP);
        assert_eq!(overlap(Some(&json!({}))).unwrap(), DEFAULT_OVERLAP);
        assert_eq!(overlap(Some(&json!({"overlap": "0s"}))).unwrap(), Duration::ZERO);
        assert_eq!(overlap(Some(&json!({"overlap": "30days"}))).unwrap(), MAX_OVERLAP);
    }

    #[test]
    fn refuses_what_is_no_overlap() {
        for body in [json!([]), json!({"overlap": 5}), json!({"overlap": "31days"}), json!({"for": "24h"})] {
            assert!(overlap(Some(&body)).is_err(), "{body}");
        }
    }
}
