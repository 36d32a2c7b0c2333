//! One attempt at one subscription, made by a dispatcher on the real road while somebody waits for its outcome. The gateway
//! sends nothing to subscribers itself.

use std::{num::NonZeroU32, time::Duration};

use barid_broker::{
    Lane,
    control::{Notice, TestOutcome},
    names::stable_hash,
    outgoing::Outgoing,
    work::{Delivery, Work},
};
use barid_event::{Event, Tenant};
use barid_registry::SubscriptionId;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};
use uuid::Uuid;

use crate::{
    app::App,
    clock,
    http::{Kind, Problem},
};

/// How long handing over to a dispatcher may take, before the attempt and after it.
const ROAD: Duration = Duration::from_secs(10);

/// How long the broker may take to be heard and to confirm.
const BROKER_WITHIN: Duration = Duration::from_secs(5);

/// Whom to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) subscription: &'a SubscriptionId,
    /// The revision of the registry that knows it.
    pub(crate) revision: u64,
    /// How long the attempt may take.
    pub(crate) timeout: Duration,
    /// How often the event has passed through Barid.
    pub(crate) hops: u8,
}

/// Makes one attempt with this event, and tells how it went. No retry and no dead letter follow from it.
pub(crate) async fn attempt(app: &App, trial: Trial<'_>, event: Event) -> Result<Value, Problem> {
    let Trial { subscription, revision, timeout: attempt, hops } = trial;
    let (now, tenant) = (clock::now(), event.envelope.tenant.clone());
    // It is an event of its tenant like others.
    let per_second = app.quotas(&tenant).publish_per_second;
    if let Err(limited) = app.rates.take(&tenant, per_second, NonZeroU32::MIN) {
        return Err(limited.told(per_second));
    }
    let shown = json!({"id": event.envelope.id.as_str(), "type": event.envelope.event_type.as_str()});
    let test = Uuid::now_v7().simple().to_string();
    let patience = attempt + ROAD;
    let delivery =
        Delivery { test: Some(test.clone()), ..Delivery::first(subscription.as_str(), expiry(now, patience)) };
    let work = Work {
        envelope: event.envelope,
        accepted_at: now,
        revision: Some(revision),
        hops,
        deliveries: vec![delivery],
        data: event.data,
    };
    let body = work.encode(&work.deliveries).map_err(|error| Problem::at("/data", error.to_string()))?;
    if timeout(BROKER_WITHIN, app.road.control.listening()).await.is_err() {
        return Err(away());
    }
    // Before the delivery is on its way, so that its outcome is not missed.
    let notices = app.road.control.notices();
    let outgoing = Outgoing::to_lane(&app.road.names, &lane(&tenant, app.work_lanes), body);
    match timeout(BROKER_WITHIN, app.road.publisher.publish(outgoing)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "a test delivery could not be published");
            return Err(away());
        }
        Err(_) => return Err(away()),
    }
    match timeout(patience, outcome(notices, &test)).await {
        Ok(Some(TestOutcome { delivered, status, error, duration_ms, body })) => Ok(json!({
            "delivered": delivered,
            "status": status,
            "error": error,
            "duration_ms": duration_ms,
            "body": body,
            "event": shown,
        })),
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
