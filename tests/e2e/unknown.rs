//! A subscription that the router knows and the dispatcher does not: not yet, or never.

use anyhow::Result;
use barid_tests::{PATIENCE, Receiver, Wants, World, event, eventually};
use nix::sys::signal::Signal;

#[tokio::test]
async fn a_subscription_the_dispatcher_learns_of_later_loses_nothing() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("later").await?;
    let wants = [Wants::everything("a", receiver.url("/a"))];
    world.subscribe(&wants)?;
    let none = world.write("dispatcher.yaml", &[])?;
    world.start(&["router"]).await?;
    let dispatcher = world.launch(&["dispatcher"]).file(&none).start().await?;
    let id = world.publish(&event("deal.won", "1")?).await?;
    eventually("the delivery waits on the ladder", PATIENCE, async || {
        let waiting = dispatcher.metric("barid_deliveries_moved_total", &[("to", "ladder")]).await?;
        Ok(waiting >= 1.0)
    })
    .await?;
    assert_eq!(receiver.count("/a"), 0);
    world.write("dispatcher.yaml", &wants)?;
    dispatcher.signal(Signal::SIGHUP)?;
    receiver.all_arrived("/a", [&id]).await?;
    world.finish().await
}

#[tokio::test]
async fn a_subscription_nobody_ever_knows_ends_as_a_dead_letter() -> Result<()> {
    let mut world = World::new("never").await?;
    world.subscribe(&[Wants::everything("a", "http://127.0.0.1:9/a")])?;
    let none = world.write("dispatcher.yaml", &[])?;
    world.start(&["router"]).await?;
    world.launch(&["dispatcher"]).file(&none).env("BARID_DISPATCHER__MAX_UNKNOWN", "1").start().await?;
    world.publish(&event("deal.won", "1")?).await?;
    let letters = world.claim_dead_letters(1).await?;
    assert_eq!(letters[0].reason, "subscription_unknown");
    world.finish().await
}
