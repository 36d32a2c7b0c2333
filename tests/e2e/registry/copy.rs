//! The store is away: who runs goes on, who starts takes its sealed copy and says so.

use anyhow::Result;
use barid_tests::{Chaos, PATIENCE, Receiver, Wants, World, event, eventually};

#[tokio::test]
async fn without_the_store_processes_go_on_and_start_from_their_copy() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("store-away").await?;
    world.use_postgres().await?;
    let chaos = Chaos::before(world.store_url()).await?;
    world.reach_store_by(chaos.url());
    let gateway = world.start(&["gateway"]).await?;
    let router = world.start(&["router"]).await?;
    let copy = world.path("dispatcher.copy").display().to_string();
    let dispatcher = world.launch(&["dispatcher"]).env("BARID_STORE__COPY", &copy).start().await?;
    let api = world.api(&gateway)?;
    api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    let first = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&first]).await?;

    chaos.refuse();
    chaos.cut();
    dispatcher.kill().await?;
    let second = world.publish(&event("deal.won", "2")?).await?;
    let started = world.launch(&["dispatcher"]).env("BARID_STORE__COPY", &copy).spawn()?;
    receiver.all_arrived("/a", [&second]).await?;
    assert!(started.metric("barid_registry_stale", &[]).await? > 0.0);
    let (_, readiness) = started.get("/readyz").await?;
    assert!(readiness.contains("stale"), "{readiness}");
    assert!(router.exit().is_none());
    let another = Wants::everything("b", receiver.url("/b"));
    let refused = api.call("POST", "/v1/subscriptions", Some(&another.to_value()), &[]).await?;
    assert_eq!(refused.status, 503);

    chaos.accept();
    eventually("it has seen the store", PATIENCE, async || {
        Ok(started.metric("barid_registry_stale", &[]).await? == 0.0 && started.is_ready().await)
    })
    .await?;
    api.subscribe(&another).await?;
    let third = world.publish(&event("deal.won", "3")?).await?;
    receiver.all_arrived("/b", [&third]).await?;
    world.finish().await
}
