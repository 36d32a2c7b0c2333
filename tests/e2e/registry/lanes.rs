//! A paused subscription keeps its deliveries, and gets them in order when it goes on.

use anyhow::Result;
use barid_tests::receiver::{Answer, Script};
use barid_tests::{PATIENCE, Receiver, Wants, World, event, eventually};
use serde_json::json;

/// How many events wait.
const EVENTS: usize = 8;

async fn until_the_lane_is_gone(world: &World, id: &str) -> Result<()> {
    let lane = world.names.inbox().replace(".inbox", &format!(".own.{id}"));
    eventually("the own lane is gone", PATIENCE, async || Ok(world.witness.queue(&lane).await?.is_none())).await
}

#[tokio::test]
async fn what_comes_during_a_pause_is_sent_in_order_afterwards_though_dispatchers_are_killed() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("paused").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router"]).await?;
    let dispatcher = world.start(&["dispatcher"]).await?;
    let api = world.api(&process)?;
    let id = api.subscribe(&Wants::everything("a", receiver.url("/a")).max_in_flight(1)).await?;
    api.act(&format!("/v1/subscriptions/{id}/pause?wait=1")).await?;
    let mut ids = Vec::new();
    for number in 0..EVENTS {
        ids.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    let lane = world.names.inbox().replace(".inbox", &format!(".own.{id}"));
    let all_wait = async || Ok(world.witness.queue(&lane).await?.is_some_and(|queue| queue.messages == EVENTS as u64));
    eventually("all wait in the own lane", PATIENCE, all_wait).await?;
    dispatcher.kill().await?;
    world.start(&["dispatcher"]).await?;
    assert_eq!(receiver.count("/a"), 0);
    api.act(&format!("/v1/subscriptions/{id}/resume?wait=1")).await?;
    receiver.all_arrived("/a", &ids).await?;
    let arrived: Vec<_> = receiver.requests("/a").iter().map(|request| request.webhook_id().to_owned()).collect();
    assert_eq!(arrived, ids);
    until_the_lane_is_gone(&world, &id).await?;
    world.finish().await
}

#[tokio::test]
async fn a_retry_that_falls_due_during_a_pause_waits_for_its_end() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Script::first([Answer::status(503)]).then(Answer::status(204)));
    let mut world = World::new("paused-retry").await?;
    let api = super::whole(&mut world).await?;
    let id = api.subscribe(&Wants::everything("a", receiver.url("/a")).schedule(&["5s", "1s"])).await?;
    world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/a", 1).await?;
    api.act(&format!("/v1/subscriptions/{id}/pause?wait=1")).await?;
    let lane = world.names.inbox().replace(".inbox", &format!(".own.{id}"));
    eventually("the retry waits in the own lane", PATIENCE, async || {
        Ok(world.witness.queue(&lane).await?.is_some_and(|queue| queue.messages == 1))
    })
    .await?;
    assert_eq!(receiver.count("/a"), 1);
    let shown = api.get(&format!("/v1/subscriptions/{id}")).await?;
    assert_eq!(shown["paused"], json!(true));
    api.act(&format!("/v1/subscriptions/{id}/resume?wait=1")).await?;
    receiver.until_count("/a", 2).await?;
    until_the_lane_is_gone(&world, &id).await?;
    world.finish().await
}
