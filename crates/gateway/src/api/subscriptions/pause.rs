//! `POST /v1/subscriptions/{id}/pause`.

use std::time::Duration;

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

/// How long the lane of the last pause may take to go away.
const CLOSING_WITHIN: Duration = Duration::from_secs(15);

/// How often it is looked whether it is gone.
const LOOK_EVERY: Duration = Duration::from_millis(250);

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
    let (mut tries, mut waited_for) = (1, Duration::ZERO);
    while tries < TRIES {
        let row = must_find(&app, &caller, &id).await?;
        precondition.check(Some(row.revision))?;
        let (tenant, had) = (&row.value.settings.tenant, row.value.lane);
        let limits = app.lane_limits(tenant);
        if had == OwnLane::Closing {
            // The lane of the last pause is about to go. Nobody may put anything into it any more.
            if waited_for >= CLOSING_WITHIN {
                return Err(Problem::unavailable("the lane of the last pause is still being removed: try again"));
            }
            waited_for += LOOK_EVERY;
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        }
        if had == OwnLane::None {
            // Before there is a queue that nobody would miss. The commit looks again.
            app.store.has_room_for_lane(tenant, limits).await?;
        }
        // Before the commit: from then on routers use it.
        declare(&app, &id).await?;
        let expect = Expect::Revision(row.revision);
        match app.store.set_lane(&id, true, OwnLane::Open, expect, limits, clock::now()).await {
            Ok(put) => {
                let row = must_find(&app, &caller, &id).await?;
                let response = with_version(row.revision, Json(view(&row)).into_response());
                return Ok(changes::announce(&app, put.revision, wait, response).await);
            }
            Err(error) => {
                if had == OwnLane::None {
                    undo(&app, &id).await;
                }
                if !is_raced(&error) {
                    return Err(error.into());
                }
                tries += 1;
            }
        }
    }
    Err(contended())
}

/// Takes the queue away again that nothing was put into, unless somebody else has paused the subscription.
async fn undo(app: &App, id: &SubscriptionId) {
    let is_wanted =
        app.store.subscription(id).await.map_or(true, |row| row.is_some_and(|row| row.value.lane != OwnLane::None));
    if !is_wanted && let Err(error) = own_lanes::delete(&mut app.road.link.clone(), &app.road.names, id.as_str()).await
    {
        tracing::warn!(subscription.id = %id, %error, "the queue of a pause that failed is left behind");
    }
}

async fn declare(app: &App, id: &SubscriptionId) -> Result<(), Problem> {
    let declared = own_lanes::declare(&mut app.road.link.clone(), &app.road.names, id.as_str()).await;
    declared.map_err(|error| {
        tracing::warn!(subscription.id = %id, %error, "an own lane could not be declared");
        Problem::unavailable("the broker is away, where deliveries would wait: try again")
    })
}
