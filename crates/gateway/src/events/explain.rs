//! `POST /v1/explain`: what would become of an event, and why. Nothing is published, and nothing is sent unless asked for.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use barid_event::Event;
use barid_registry::{
    Snapshot, Subscription,
    explain::{Circumstances, explain as explain_event},
};
use barid_store::Scope;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::{Instant, timeout},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    admit::understand,
    hops,
    read::{self, Events},
};
use crate::{
    access::Caller,
    app::App,
    clock,
    http::{self, Flag, Kind, Problem, Query},
    trial::{Trial, attempt},
};

/// How long one explanation may take. It ends early then, and says so.
const BUDGET: Duration = Duration::from_secs(5);

/// After how many seconds to ask again when too many ask.
const RETRY_EXPLAINING: u64 = 1;

/// What to explain.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainQuery {
    /// Only this subscription of the event's tenant: its id or its name.
    subscription: Option<String>,
    /// Also send the event once to that subscription, as a test delivery: needs a scope of admin or tenant.
    #[serde(default)]
    #[param(inline)]
    send: Flag,
}

/// Explain what would become of an event.
///
/// Takes one event as `POST /v1/events` does, publishes nothing, and tells for every subscription of its tenant, by name,
/// whether it would get the event and why: the pattern, the filter with the values it saw, the event type's schema, and the
/// request that would be sent, with credentials and signatures masked. At most 1,000 subscriptions are explained. With
/// `send=1`, which needs `subscription`, one attempt takes the real road as a test delivery does, whatever the verdict.
#[utoipa::path(
    post,
    path = "/v1/explain",
    tag = "events",
    operation_id = "explainEvent",
    params(
        ExplainQuery,
        ("barid-hops" = Option<u8>, Header, description = "How often the event has passed through Barid.", example = 1),
    ),
    request_body(
        description = "The event.",
        content(
            (ref("#/components/schemas/Event") = "application/json",
                example = json!({"type": "deal.won", "source": "/crm/sales", "data": {"id": "42", "amount": 1200}})),
            (ref("#/components/schemas/Event") = "application/cloudevents+json"),
        )
    ),
    responses(
        (status = 200, description = "What would become of it.", body = ref("#/components/schemas/Explanation")),
        (status = 404, description = "The tenant has no such subscription.", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        (status = 504, description = "Nobody told how the attempt went: is a dispatcher running?", content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
    )
)]
pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ExplainQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let ExplainQuery { subscription, send } = query;
    let send = send.is_on();
    if send && caller.scope == Scope::Read {
        let detail = "the key has the scope read: sending needs one of admin, tenant";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    if send && subscription.is_none() {
        let detail = "query parameter send: name the subscription to send to in subscription";
        return Err(Problem::new(Kind::Malformed, detail));
    }
    let body = http::bytes(&app, &headers, body, app.limits.event_body).await?;
    let Events::One(message) = read::read(&headers, &body, 1)? else {
        return Err(Problem::at("", "is an array: explain one event at a time"));
    };
    let now = clock::now();
    let event = understand(message, &caller, now, |_| Uuid::now_v7())?;
    let (snapshot, hops) = (app.snapshot(), hops(&headers).unwrap_or_default());
    let find = |asked: String| {
        let found = snapshot.find(&event.envelope.tenant, &asked).cloned();
        found.ok_or_else(|| Problem::not_found("subscription"))
    };
    let only = subscription.map(find).transpose()?;
    let circumstances = Circumstances { now: now.timestamp(), hops, max_fanout: app.quotas.fanout, budget: BUDGET };
    let mut explanation = think(&app, snapshot, event.clone(), only.clone(), circumstances).await?;
    if let Some(only) = only.filter(|_| send) {
        let (subscription, timeout) = (&only.id, only.destination.timeout());
        let trial = Trial { subscription, revision: only.revision, timeout, hops };
        explanation["sent"] = attempt(&app, trial, event).await?;
    }
    Ok(Json(explanation).into_response())
}

/// Explains on a thread that may be kept busy, when it is this request's turn.
async fn think(
    app: &App,
    snapshot: Arc<Snapshot>,
    event: Event,
    only: Option<Arc<Subscription>>,
    circumstances: Circumstances,
) -> Result<Value, Problem> {
    let turn = turn(&app.explaining, BUDGET).await?;
    let thinking = spawn_blocking(move || {
        let began = Instant::now();
        let explanation = explain_event(&snapshot, &event, only.as_ref(), &circumstances, || began.elapsed()).to_json();
        drop(turn);
        explanation
    });
    thinking.await.map_err(|_| Problem::new(Kind::Internal, "explaining made the gateway fail: the log says why"))
}

/// Waits until there is room to explain, as long as one explanation takes at most.
async fn turn(turns: &Arc<Semaphore>, patience: Duration) -> Result<OwnedSemaphorePermit, Problem> {
    let refused = |detail: &str| Problem::new(Kind::Unavailable, detail).retry_after(RETRY_EXPLAINING);
    let turn = timeout(patience, Arc::clone(turns).acquire_owned()).await;
    turn.map_err(|_| refused("too many events are being explained: ask again"))?
        .map_err(|_| refused("the gateway is stopping: ask again"))
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header::RETRY_AFTER};

    use super::*;

    #[tokio::test]
    async fn whoever_finds_no_room_is_asked_to_come_again_soon() {
        let turns = Arc::new(Semaphore::new(1));
        let held = turn(&turns, Duration::ZERO).await.unwrap();
        let refused = turn(&turns, Duration::ZERO).await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[RETRY_AFTER], "1");
        drop(held);
        assert!(turn(&turns, Duration::ZERO).await.is_ok());
    }
}
