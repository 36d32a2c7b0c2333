//! Ends own lanes that nobody needs any more: those of subscriptions that were resumed or deleted. Any number of gateways
//! may do this at the same time.
//!
//! A lane goes in an order in which nothing can be lost. The subscription's lane is `retiring`, and every router knows:
//! nothing new is put there. Its queue was seen empty twice. Then the queue is deleted, and what may still wait on the delay
//! ladder for it is unrouted when it is due, and a router sends it where it belongs. Last, the store forgets the lane.

use std::{sync::Arc, time::Duration};

use barid_broker::{own_lanes, roll_call};
use barid_registry::{OwnLane, Subscription, SubscriptionId};
use barid_store::{Error as StoreError, Expect};
use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{app::App, changes, clock};

/// The pause between two rounds.
const EVERY: Duration = Duration::from_secs(5);
/// Every how many rounds open lanes are looked at, which is a question to the broker each.
const HEAL_EVERY: u64 = 12;
/// How many lanes are worked on at the same time.
const AT_ONCE: usize = 16;
/// The pause between two looks at a queue that must both find it empty.
const TWICE: Duration = Duration::from_secs(5);
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
        }
    };
    stop.run_until_cancelled(work).await;
}

async fn round(app: &App, heals: bool) {
    let subscriptions: Vec<_> = app.snapshot().own_lanes().map(Arc::clone).collect();
    let lanes = stream::iter(subscriptions).map(|subscription| tend(app.clone(), subscription, heals));
    lanes.buffer_unordered(AT_ONCE).collect::<()>().await;
    match app.store.deleted_lanes().await {
        Ok(deleted) => {
            for id in deleted {
                tell(&id, discard(app, &id).await);
            }
        }
        Err(error) => tracing::debug!(%error, "which own lanes are to be deleted is not known"),
    }
}

async fn tend(app: App, subscription: Arc<Subscription>, heals: bool) {
    let done = match subscription.lane {
        OwnLane::Retiring => retire(&app, &subscription).await,
        // Whoever opened it declared it. One that a janitor deleted in the same moment comes back here.
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

async fn retire(app: &App, subscription: &Subscription) -> Result<(), NotNow> {
    let (mut link, names, id) = (app.road.link.clone(), &app.road.names, &subscription.id);
    let mut look = async || {
        own_lanes::look(&mut link, names, id.as_str()).await.map(|look| look.is_none_or(|seen| seen.ready == 0))
    };
    if !look().await? || !roll_call::routers_have(&app.road, subscription.revision, ROUTERS_WITHIN).await {
        return Ok(());
    }
    sleep(TWICE).await;
    if !look().await? || !own_lanes::delete(&mut app.road.link.clone(), names, id.as_str()).await? {
        return Ok(());
    }
    let (expect, limits) = (Expect::Revision(subscription.revision), app.lane_limits(&subscription.tenant));
    match app.store.set_lane(id, subscription.paused, OwnLane::None, expect, limits, clock::now()).await {
        Ok(put) => {
            app.metrics.own_lanes_retired_total.inc();
            changes::tell(app, put.revision);
            Ok(())
        }
        // Changed meanwhile: if somebody paused it again, the queue must be there.
        Err(StoreError::Conflict { .. }) => {
            let now = app.store.subscription(id).await?;
            if now.is_some_and(|row| row.value.lane == OwnLane::Open) {
                declare(app, id.as_str()).await
            } else {
                Ok(())
            }
        }
        Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What is left in the lane of a deleted subscription has nobody to go to.
async fn discard(app: &App, id: &SubscriptionId) -> Result<(), NotNow> {
    let revision = app.store.revision().await?;
    if !roll_call::routers_have(&app.road, revision, ROUTERS_WITHIN).await
        || app.store.subscription(id).await?.is_some()
    {
        return Ok(());
    }
    own_lanes::discard(&mut app.road.link.clone(), &app.road.names, id.as_str()).await?;
    app.store.forget_lane(id).await?;
    app.metrics.own_lanes_retired_total.inc();
    Ok(())
}

fn tell(id: &SubscriptionId, done: Result<(), NotNow>) {
    if let Err(error) = done {
        tracing::debug!(subscription.id = %id, %error, "an own lane stays as it is for now");
    }
}
