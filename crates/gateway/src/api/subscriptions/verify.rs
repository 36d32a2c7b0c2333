//! `POST /v1/subscriptions/{id}/verify`.

use axum::{extract::State, response::Response};
use barid_registry::{Settings, SubscriptionId};

use super::{
    WHAT,
    write::{fresh_secrets, write},
};
use crate::{
    access::Caller,
    app::App,
    changes::{Wait, WaitOrTry},
    http::{Flag, Id, Precondition, Problem, Query},
};

/// Ask a receiver again for its consent.
///
/// The handshake of the CloudEvents webhook specification: `OPTIONS` to the destination, which must answer with
/// `WebHook-Allowed-Origin`. What it allows is kept and shown: `destination.verification.consent`. If it does not consent,
/// that is 422, and what it allowed before stands. The subscription must have `destination.verification`.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/verify", tag = "subscriptions", operation_id = "verifySubscription", params(("id" = String, Path), Wait),
    responses((status = 200, description = "The receiver consents.", body = ref("#/components/schemas/Subscription"))))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    let query = WaitOrTry { wait, dry_run: Flag::Off };
    let fresh = fresh_secrets()?;
    write(&app, &caller, &id, &precondition, query, &fresh, |found| {
        let current = &found.ok_or_else(|| Problem::not_found(WHAT))?.value.settings;
        let Some(asked) = &current.verification else {
            let message = "is not set: add kind: cloudevents to the subscription first";
            return Err(Problem::at("/destination/verification", message));
        };
        // Without the consent that there is, so that the receiver is asked.
        Ok(Settings { verification: Some(asked.with_consent(None)), ..current.clone() })
    })
    .await
}
