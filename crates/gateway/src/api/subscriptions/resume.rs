//! `POST /v1/subscriptions/{id}/resume`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::{OwnLane, SubscriptionId};
use barid_store::Expect;

use super::{view::view, write::must_find};
use crate::{
    access::Caller,
    api::registered::{contended, is_raced, with_version},
    app::App,
    changes::{self, Wait},
    clock,
    http::{Id, Precondition, Problem, Query},
};

/// How often it is tried again when somebody changes the subscription at the same moment.
const TRIES: usize = 4;

/// Resume a subscription.
///
/// What waited is sent in its order; new events go the usual way.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/resume", tag = "subscriptions", operation_id = "resumeSubscription", params(("id" = String, Path), Wait),
    responses((status = 200, description = "It is not paused.", body = ref("#/components/schemas/Subscription"))))]
pub(super) async fn resume(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    for _ in 1..TRIES {
        let row = must_find(&app, &caller, &id).await?;
        precondition.check(Some(row.revision))?;
        // Dispatchers send what is in it; the janitor deletes it when it is empty.
        let lane = match row.value.lane {
            OwnLane::None => OwnLane::None,
            OwnLane::Open | OwnLane::Retiring => OwnLane::Retiring,
            // Found empty before; what is not paused is not stopped by it.
            OwnLane::Closing => OwnLane::Closing,
        };
        let limits = app.lane_limits(&row.value.settings.tenant);
        match app.store.set_lane(&id, false, lane, Expect::Revision(row.revision), limits, clock::now()).await {
            Ok(put) => {
                let row = must_find(&app, &caller, &id).await?;
                let response = with_version(row.revision, Json(view(&row)).into_response());
                return Ok(changes::announce(&app, put.revision, wait, response).await);
            }
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}
