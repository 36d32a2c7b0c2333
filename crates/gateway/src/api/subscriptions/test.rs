//! `POST /v1/subscriptions/{id}/test`: one attempt, made by a dispatcher on the real road. The gateway sends nothing to
//! subscribers itself.

mod sample;

use std::{num::NonZeroU32, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_broker::{
    Lane,
    control::{Notice, TestOutcome},
    names::stable_hash,
    outgoing::Outgoing,
    work::{Delivery, Work},
};
use barid_event::Tenant;
use barid_registry::SubscriptionId;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};
use uuid::Uuid;

use super::write::must_find;
use crate::{
    access::Caller,
    app::App,
    clock,
    http::{Id, Kind, NoQuery, OptionalDocument, Problem, Query},
};

/// How long handing over to a dispatcher may take, before the attempt and after it.
const ROAD: Duration = Duration::from_secs(10);

/// How long the broker may take to be heard and to confirm.
const BROKER_WITHIN: Duration = Duration::from_secs(5);

/// Send a sample event to one subscription, and tell how the attempt went.
///
/// The attempt takes the real road, through the broker and a dispatcher, even while the subscription is paused. There is no
/// second attempt and no dead letter. Without a body the sample is the example of a registered event type that the
/// subscription wants. The event's source is `/barid/test`.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/test", tag = "subscriptions", operation_id = "testSubscription", params(("id" = String, Path)),
    request_body(content = Option<serde_json::Value>, content_type = "application/json", example = json!({"type": "deal.won", "data": {"id": "42"}})),
    responses((status = 200, description = "How the attempt went.", body = ref("#/components/schemas/TestOutcome")),
        (status = 504, description = "Nobody told how the attempt went: is a dispatcher running?", content_type = "application/problem+json", body = ref("#/components/schemas/Problem"))))]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    Query(NoQuery {}): Query<NoQuery>,
    OptionalDocument(body): OptionalDocument,
) -> Result<Response, Problem> {
    let row = must_find(&app, &caller, &id).await?;
    let settings = &row.value.settings;
    let now = clock::now();
    // A test is an event of its tenant like others.
    let per_second = app.quotas(&settings.tenant).publish_per_second;
    if let Err(limited) = app.rates.take(&settings.tenant, per_second, NonZeroU32::MIN) {
        return Err(limited.told(per_second));
    }
    let event = sample::event(body.as_ref(), settings, &app.snapshot(), Uuid::now_v7(), now)?;
    let test = Uuid::now_v7().simple().to_string();
    let patience = settings.destination.timeout() + ROAD;
    let delivery = Delivery { test: Some(test.clone()), ..Delivery::first(id.as_str(), expiry(now, patience)) };
    let (event_id, event_type) = (event.envelope.id.to_string(), event.envelope.event_type.to_string());
    let work = Work {
        envelope: event.envelope,
        accepted_at: now,
        revision: Some(row.revision),
        hops: 0,
        deliveries: vec![delivery],
        data: event.data,
    };
    let body = work.encode(&work.deliveries).map_err(|error| Problem::at("/data", error.to_string()))?;
    if timeout(BROKER_WITHIN, app.road.control.listening()).await.is_err() {
        return Err(away());
    }
    // Before the delivery is on its way, so that its outcome is not missed.
    let notices = app.road.control.notices();
    let outgoing = Outgoing::to_lane(&app.road.names, &lane(&settings.tenant, app.work_lanes), body);
    match timeout(BROKER_WITHIN, app.road.publisher.publish(outgoing)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "a test delivery could not be published");
            return Err(away());
        }
        Err(_) => return Err(away()),
    }
    match timeout(patience, outcome(notices, &test)).await {
        Ok(Some(TestOutcome { delivered, status, error, duration_ms, body })) => Ok(Json(json!({
            "delivered": delivered,
            "status": status,
            "error": error,
            "duration_ms": duration_ms,
            "body": body,
            "event": {"id": event_id, "type": event_type},
        }))
        .into_response()),
        Ok(None) | Err(_) => Err(Problem::new(
            Kind::NoOutcome,
            format!("nobody told within {} s how the attempt went: is a dispatcher running?", patience.as_secs()),
        )),
    }
}

fn away() -> Problem {
    Problem::unavailable("the broker is away: try again")
}

/// A work lane of the tenant.
fn lane(tenant: &Tenant, work_lanes: u16) -> Lane {
    let lane = stable_hash(tenant.as_str()) % u64::from(work_lanes.max(1));
    Lane::Work(u16::try_from(lane).unwrap_or_default())
}

/// An attempt that is not made while somebody waits for it is not made at all.
fn expiry(now: DateTime<Utc>, patience: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(patience).ok().and_then(|patience| now.checked_add_signed(patience)).unwrap_or(now)
}

/// The outcome of the test, when a dispatcher tells it.
async fn outcome(mut notices: Receiver<Notice>, name: &str) -> Option<TestOutcome> {
    loop {
        match notices.recv().await {
            Ok(Notice::Tested { test, outcome }) if test == name => return Some(outcome),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
