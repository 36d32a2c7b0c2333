//! Pausing and own lanes.

use barid_registry::OwnLane;
use barid_store::{Error, Expect, LaneLimits, Outcome};

use crate::world::{PLENTY, World, at, put, subscription};

crate::on_both_engines! {
    a_lane_opens_and_retires,
    lanes_are_limited,
    changing_settings_keeps_the_pause,
    the_lane_of_a_deleted_one_is_remembered_until_it_is_gone,
}

const NO_LIMIT: LaneLimits = LaneLimits { tenant: PLENTY, total: PLENTY };

async fn a_lane_opens_and_retires(world: World) {
    let store = world.store().await;
    let id = subscription("acme", "a").id();
    let set = async |paused, lane, expect| store.set_lane(&id, paused, lane, expect, NO_LIMIT, at(1)).await;
    assert!(matches!(set(true, OwnLane::Open, Expect::Any).await, Err(Error::NotFound)));
    let first = put(&store, &subscription("acme", "a")).await;
    let paused = set(true, OwnLane::Open, Expect::Revision(first.revision)).await.unwrap();
    assert_eq!(paused.outcome, Outcome::Changed);
    assert_eq!(set(true, OwnLane::Open, Expect::Any).await.unwrap().outcome, Outcome::Unchanged);
    let row = store.subscription(&id).await.unwrap().unwrap();
    assert_eq!((row.value.paused, row.value.lane, row.revision), (true, OwnLane::Open, paused.revision));
    let compiled = row.value.compile(row.revision);
    assert_eq!((compiled.paused, compiled.lane, compiled.revision), (true, OwnLane::Open, paused.revision));
    assert!(matches!(set(false, OwnLane::Open, Expect::Revision(first.revision)).await, Err(Error::Conflict { .. })));
    set(false, OwnLane::Retiring, Expect::Any).await.unwrap();
    set(false, OwnLane::None, Expect::Any).await.unwrap();
    assert_eq!(store.subscription(&id).await.unwrap().unwrap().value.lane, OwnLane::None);
}

async fn lanes_are_limited(world: World) {
    let store = world.store().await;
    for (tenant, name) in [("acme", "a"), ("acme", "b"), ("beta", "a"), ("beta", "b")] {
        put(&store, &subscription(tenant, name)).await;
    }
    let limits = LaneLimits { tenant: 1, total: 2 };
    let open = async |tenant, name| {
        let id = subscription(tenant, name).id();
        store.set_lane(&id, true, OwnLane::Open, Expect::Any, limits, at(1)).await
    };
    open("acme", "a").await.unwrap();
    assert!(matches!(open("acme", "b").await, Err(Error::Quota { what: "own lanes of a tenant", limit: 1 })));
    open("beta", "a").await.unwrap();
    let limits = LaneLimits { tenant: 9, total: 2 };
    let id = subscription("beta", "b").id();
    let refused = store.set_lane(&id, true, OwnLane::Open, Expect::Any, limits, at(1)).await;
    assert!(matches!(refused, Err(Error::Quota { what: "own lanes", limit: 2 })));
}

async fn changing_settings_keeps_the_pause(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    let id = subscription("acme", "a").id();
    store.set_lane(&id, true, OwnLane::Open, Expect::Any, NO_LIMIT, at(1)).await.unwrap();
    put(&store, &crate::world::subscription_to("acme", "a", "https://elsewhere.example.com/")).await;
    let row = store.subscription(&id).await.unwrap().unwrap();
    assert_eq!((row.value.paused, row.value.lane), (true, OwnLane::Open));
}

async fn the_lane_of_a_deleted_one_is_remembered_until_it_is_gone(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    let id = settings.id();
    put(&store, &settings).await;
    store.set_lane(&id, true, OwnLane::Open, Expect::Any, NO_LIMIT, at(1)).await.unwrap();
    store.delete_subscription(&id, Expect::Any, at(2)).await.unwrap();
    assert_eq!(store.deleted_lanes().await.unwrap(), std::slice::from_ref(&id));
    assert_eq!(store.purge(at(100)).await.unwrap(), 0);

    // One that comes back consumes what is left in the lane, and is not paused.
    put(&store, &settings).await;
    let row = store.subscription(&id).await.unwrap().unwrap();
    assert_eq!((row.value.paused, row.value.lane), (false, OwnLane::Retiring));

    store.delete_subscription(&id, Expect::Any, at(3)).await.unwrap();
    store.forget_lane(&id).await.unwrap();
    assert!(store.deleted_lanes().await.unwrap().is_empty());
    assert_eq!(store.purge(at(100)).await.unwrap(), 1);
}
