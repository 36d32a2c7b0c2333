//! `POST /v1/subscriptions/{id}/pause`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_broker::own_lanes;
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

/// Pause a subscription.
///
/// Its deliveries wait in a lane of their own, in order, for at most 30 days, and are sent when it is resumed. An attempt
/// that is being made is not stopped.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/pause", tag = "subscriptions", operation_id = "pauseSubscription", params(("id" = String, Path), Wait),
    responses((status = 200, description = "It is paused.", body = ref("#/components/schemas/Subscription"))))]
pub(super) async fn pause(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(Wait { wait }): Query<Wait>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    for _ in 1..TRIES {
        let row = must_find(&app, &caller, &id).await?;
        precondition.check(Some(row.revision))?;
        // Before the commit: from then on routers use it.
        declare(&app, &id).await?;
        let limits = app.lane_limits(&row.value.settings.tenant);
        let expect = Expect::Revision(row.revision);
        match app.store.set_lane(&id, true, OwnLane::Open, expect, limits, clock::now()).await {
            Ok(put) => {
                // And after it: a janitor that saw it retiring may have deleted it in between.
                declare(&app, &id).await?;
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

async fn declare(app: &App, id: &SubscriptionId) -> Result<(), Problem> {
    let declared = own_lanes::declare(&mut app.road.link.clone(), &app.road.names, id.as_str()).await;
    declared.map_err(|error| {
        tracing::warn!(subscription.id = %id, %error, "an own lane could not be declared");
        Problem::unavailable("the broker is away, where deliveries would wait: try again")
    })
}
