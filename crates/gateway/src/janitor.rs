//! Ends own lanes that nobody needs any more: those of subscriptions that were resumed or deleted. Any number of gateways
//! may do this at the same time.
//!
//! A lane goes in an order in which nothing can be lost. The subscription's lane is `retiring`, and every router knows:
//! nothing new is put there. When it is found empty it is `closing`: dispatchers let go of it, and nobody can open it again.
//! What a dispatcher still held, or the delay ladder brings, may come back into it: then it is `retiring` once more. When it is
//! empty and nobody consumes it, the queue is deleted; what the ladder brings from then on is unrouted, and a router sends
//! it where it belongs. Last, the store forgets the lane.
//!
//! Tombstones are cleared here as well, once a day.

use std::{sync::Arc, time::Duration};

use barid_broker::{own_lanes, roll_call};
use barid_registry::{OwnLane, Subscription, SubscriptionId};
use barid_store::{Error as StoreError, Expect};
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{app::App, changes, clock};

/// The pause between two rounds.
const EVERY: Duration = Duration::from_secs(5);
/// Every how many rounds open lanes are looked at, which is a question to the broker each.
const HEAL_EVERY: u64 = 12;
/// How many lanes are worked on at the same time.
const AT_ONCE: usize = 16;
/// Every how many rounds tombstones are cleared: a day.
const PURGE_EVERY: u64 = 24 * 60 * 60 / EVERY.as_secs();
/// How old a tombstone gets.
const KEEP_TOMBSTONES: TimeDelta = TimeDelta::days(30);
/// How long routers may take to answer. One that does not is asked in the next round.
const ROUTERS_WITHIN: Duration = Duration::from_secs(5);

/// Why a lane stays as it is until the next round.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error(transparent)]
    Broker(#[from] barid_broker::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tidies up until `stop`.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let work = async {
        let mut rounds = interval(EVERY);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 0_u64.. {
            rounds.tick().await;
            if app.road.link.is_up() {
                round(&app, number.is_multiple_of(HEAL_EVERY)).await;
            }
            if number.is_multiple_of(PURGE_EVERY) {
                purge(&app).await;
            }
        }
    };
    stop.run_until_cancelled(work).await;
}

async fn round(app: &App, heals: bool) {
    let subscriptions: Vec<_> = app.snapshot().own_lanes().map(Arc::clone).collect();
    let lanes = stream::iter(subscriptions).map(|subscription| tend(app.clone(), subscription, heals));
    lanes.buffer_unordered(AT_ONCE).collect::<()>().await;
    match app.store.deleted_lanes().await {
        Ok(deleted) if !deleted.is_empty() => discard_all(app, deleted).await,
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "which own lanes are to be deleted is not known"),
    }
}

async fn tend(app: App, subscription: Arc<Subscription>, heals: bool) {
    let done = match subscription.lane {
        OwnLane::Retiring => retire(&app, &subscription).await,
        OwnLane::Closing => close(&app, &subscription).await,
        // Whoever opened it declared it; an operator may have deleted it.
        OwnLane::Open if heals => declare(&app, subscription.id.as_str()).await,
        OwnLane::Open | OwnLane::None => Ok(()),
    };
    tell(&subscription.id, done);
}

async fn declare(app: &App, id: &str) -> Result<(), NotNow> {
    let mut link = app.road.link.clone();
    if own_lanes::look(&mut link, &app.road.names, id).await?.is_none() {
        own_lanes::declare(&mut link, &app.road.names, id).await?;
    }
    Ok(())
}

/// Nothing is put into the lane any more, and what was in it has been taken: nobody needs it.
async fn retire(app: &App, subscription: &Subscription) -> Result<(), NotNow> {
    let look = own_lanes::look(&mut app.road.link.clone(), &app.road.names, subscription.id.as_str()).await?;
    if look.is_some_and(|seen| seen.ready > 0)
        || !roll_call::routers_have(&app.road, subscription.revision, ROUTERS_WITHIN).await
    {
        return Ok(());
    }
    set(app, subscription, OwnLane::Closing).await
}

/// The lane goes when it is empty and nobody consumes it.
async fn close(app: &App, subscription: &Subscription) -> Result<(), NotNow> {
    let (mut link, names, id) = (app.road.link.clone(), &app.road.names, subscription.id.as_str());
    if own_lanes::delete(&mut link, names, id).await? {
        app.metrics.own_lanes_retired_total.inc();
        return set(app, subscription, OwnLane::None).await;
    }
    match own_lanes::look(&mut link, names, id).await? {
        // Somebody has to send these.
        Some(seen) if seen.ready > 0 => set(app, subscription, OwnLane::Retiring).await,
        _ => Ok(()),
    }
}

/// Sets the lane if nobody has changed the subscription; else the next round sees what it is by then.
async fn set(app: &App, subscription: &Subscription, lane: OwnLane) -> Result<(), NotNow> {
    let (expect, limits) = (Expect::Revision(subscription.revision), app.lane_limits(&subscription.tenant));
    let set = app.store.set_lane(&subscription.id, subscription.paused, lane, expect, limits, clock::now()).await;
    match set {
        Ok(put) => {
            changes::tell(app, put.revision);
            Ok(())
        }
        Err(StoreError::Conflict { .. } | StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What is left in the lanes of deleted subscriptions has nobody to go to.
async fn discard_all(app: &App, deleted: Vec<SubscriptionId>) {
    let Ok(revision) = app.store.revision().await else { return };
    if !roll_call::routers_have(&app.road, revision, ROUTERS_WITHIN).await {
        return;
    }
    let lanes = stream::iter(deleted).map(async |id| tell(&id, discard(app, &id).await));
    lanes.buffer_unordered(AT_ONCE).collect::<()>().await;
}

async fn discard(app: &App, id: &SubscriptionId) -> Result<(), NotNow> {
    if !app.store.close_deleted_lane(id).await? {
        return Ok(());
    }
    own_lanes::discard(&mut app.road.link.clone(), &app.road.names, id.as_str()).await?;
    app.store.forget_lane(id).await?;
    app.metrics.own_lanes_retired_total.inc();
    Ok(())
}

async fn purge(app: &App) {
    match app.store.purge(clock::now() - KEEP_TOMBSTONES).await {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "what was deleted a month ago is forgotten"),
        Err(error) => tracing::debug!(%error, "tombstones stay for now"),
    }
}

fn tell(id: &SubscriptionId, done: Result<(), NotNow>) {
    if let Err(error) = done {
        tracing::debug!(subscription.id = %id, %error, "an own lane stays as it is for now");
    }
}
