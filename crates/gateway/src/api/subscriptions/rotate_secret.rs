//! `POST /v1/subscriptions/{id}/rotate-secret`.

use std::time::Duration;

use axum::{extract::State, response::Response};
use barid_registry::{Settings, SubscriptionId, Unrotatable, Which};
use serde_json::Value;

use super::{
    WHAT,
    write::{fresh_secrets, write},
};
use crate::{
    access::Caller,
    api::overlap,
    app::App,
    changes::{Wait, WaitOrTry},
    clock,
    http::{Flag, Id, OptionalDocument, Precondition, Problem, Query},
};

/// Take a new signing secret.
///
/// For the overlap (24 h, at most 30 days) old and new secret both sign, so that the receiver can change over when it likes.
/// The answer shows the new secret: `signing.secrets[0].secret`. A subscription with several schemes takes `scheme`, and
/// `header` where two are called the same. `github` and `hmac` carry one signature: their new secret signs at once, and an
/// overlap is refused.
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
    let Rotation { overlap, which } = Rotation::read(body.as_ref())?;
    let fresh = fresh_secrets()?;
    let query = WaitOrTry { wait, dry_run: Flag::Off };
    write(&app, &caller, &id, &precondition, query, &fresh, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        let signing = current.signing.rotated(&which, &fresh, overlap, clock::now());
        let signing = signing.map_err(|error| Problem::at(place(&error), error.to_string()))?;
        Ok(Settings { signing, ..current.clone() })
    })
    .await
}

/// Which part of the request is wrong.
fn place(error: &Unrotatable) -> &'static str {
    match error {
        Unrotatable::NoScheme(_) | Unrotatable::Several(_) => "/scheme",
        Unrotatable::Overlap(_) | Unrotatable::OneSignature(_) | Unrotatable::Signer(_) => "/overlap",
    }
}

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rotation {
    overlap: Option<Duration>,
    which: Which,
}

impl Rotation {
    fn read(body: Option<&Value>) -> Result<Self, Problem> {
        let Some(body) = body else { return Ok(Self::default()) };
        let Value::Object(fields) = body else { return Err(Problem::at("", "is no object: give overlap, or nothing")) };
        let mut rotation = Self::default();
        for (key, value) in fields {
            let text = value.as_str();
            match (key.as_str(), text) {
                ("overlap", _) => rotation.overlap = Some(overlap::duration(value)?),
                ("scheme", Some(text)) => rotation.which.scheme = Some(text.to_owned()),
                ("header", Some(text)) => rotation.which.header = Some(text.to_owned()),
                ("scheme" | "header", None) => {
                    return Err(Problem::at(&format!("/{key}"), "is no text: name one of the subscription's"));
                }
                _ => {
                    let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                    return Err(Problem::at(&pointer, "is unknown: use overlap, scheme, header"));
                }
            }
        }
        Ok(rotation)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Option<Rotation> {
        Rotation::read(Some(body)).ok()
    }

    #[test]
    fn reads_how_long_and_which() {
        assert_eq!(Rotation::read(None).unwrap(), Rotation::default());
        assert_eq!(read(&json!({})), Some(Rotation::default()));
        let which = Which { scheme: Some("hmac".to_owned()), header: Some("x-a".to_owned()) };
        let expected = Rotation { overlap: Some(Duration::from_hours(1)), which };
        assert_eq!(read(&json!({"scheme": "hmac", "header": "x-a", "overlap": "1h"})), Some(expected));
    }

    #[test]
    fn refuses_what_is_no_rotation() {
        for body in [
            json!([]),
            json!({"overlap": 5}),
            json!({"overlap": "31days"}),
            json!({"for": "24h"}),
            json!({"scheme": 1}),
        ] {
            assert_eq!(read(&body), None, "{body}");
        }
    }
}
