//! Pausing, resuming, testing: what needs the broker.

use barid_broker::{
    Lane,
    control::{Notice, TestOutcome},
    own_lanes,
    work::Work,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::world::{World, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_subscription_has_a_lane_that_goes_when_it_is_resumed() {
    let world = World::new().await;
    let id = world.subscribe("acme", "deals").await;
    let path = format!("/v1/subscriptions/{id}");
    let look = async || own_lanes::look(&mut world.road.link.clone(), &world.road.names, &id).await.unwrap();
    assert!(look().await.is_none());
    let paused = world.request(&world.admin, "POST", &format!("{path}/pause?wait=1"), None).await.expect(200);
    assert_eq!((paused.body["paused"].as_bool(), paused.header("barid-propagation")), (Some(true), "complete"));
    assert!(look().await.is_some());
    let resumed = world.request(&world.admin, "POST", &format!("{path}/resume"), None).await.expect(200);
    assert_eq!(resumed.body["paused"], false);
    eventually(async || look().await.is_none()).await;
    eventually(async || {
        let row = world.store.subscription(&id.parse().unwrap()).await.unwrap().unwrap();
        row.value.lane == barid_registry::OwnLane::None
    })
    .await;
    // And again, after all that.
    world.request(&world.admin, "POST", &format!("{path}/pause"), None).await.expect(200);
    assert!(look().await.is_some());
    world.delete(&path).await.expect(204);
    eventually(async || look().await.is_none()).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_made_by_a_dispatcher_and_its_outcome_told() {
    let world = World::new().await;
    let id = world.subscribe("acme", "deals").await;
    let (out, mut lanes) = mpsc::channel(16);
    let consumers: Vec<_> = (0..4)
        .map(|number| {
            world.road.consume(number.into(), world.road.names.lane_queue(&Lane::Work(number)), 16, out.clone())
        })
        .collect();
    let control = world.road.control.clone();
    // Does what a dispatcher does: one attempt for each delivery that is a test.
    let dispatcher = tokio::spawn(async move {
        let incoming = lanes.recv().await.unwrap();
        let work = Work::decode(&incoming.body).unwrap();
        let test = work.deliveries[0].test.clone().unwrap();
        let outcome =
            TestOutcome { delivered: true, status: Some(204), error: None, duration_ms: 12, body: String::new() };
        control.tell(&Notice::Tested { test, outcome });
        incoming.receipt.ack();
        work
    });
    let told = world.request(&world.admin, "POST", &format!("/v1/subscriptions/{id}/test"), None).await.expect(200);
    assert_eq!((told.body["delivered"].as_bool(), told.body["status"].as_u64()), (Some(true), Some(204)));
    let work = dispatcher.await.unwrap();
    assert_eq!(work.deliveries[0].subscription, id);
    assert_eq!(work.envelope.tenant.as_str(), "acme");
    assert!(told.body["event"]["type"].as_str().unwrap().starts_with("deal."));
    let refused = world.post(&format!("/v1/subscriptions/{id}/test"), &json!({"type": "Deal"})).await.expect(422);
    assert_eq!(refused.pointer(), "/type");
    drop(consumers);
    world.end().await;
}
