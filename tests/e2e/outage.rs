//! The broker goes away under load, or the network to it: everybody comes back by themselves, and nothing is lost.

use std::time::Duration;

use anyhow::Result;
use barid_broker::Lane;
use barid_tests::{Chaos, Load, OwnNode, PATIENCE, Receiver, Verdict, Wants, World, eventually};

use crate::ALL;

/// Events a second.
const RATE: u32 = 100;

/// Waits until the inbox and a lane have consumers.
async fn consumed_again(world: &World) -> Result<()> {
    for queue in [world.names.inbox(), world.names.lane_queue(&Lane::Work(0))] {
        eventually(&format!("{queue} has a consumer"), PATIENCE, async || {
            Ok(world.witness.queue(&queue).await?.is_some_and(|queue| queue.consumers > 0))
        })
        .await?;
    }
    Ok(())
}

/// Waits until a little more has arrived, as proof that everything flows.
async fn flows(receiver: &Receiver) -> Result<()> {
    receiver.until_count("/a", receiver.count("/a") + 50).await
}

async fn verdict(world: World, receiver: &Receiver, load: Load, of: &str) -> Result<()> {
    let ledger = load.stop().await?;
    receiver.all_arrived("/a", &ledger.confirmed).await?;
    world.settled().await?;
    Verdict::of(&ledger, &receiver.ids("/a")).demand(of)?;
    world.finish().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_broker_restarts_and_when_it_crashes() -> Result<()> {
    let receiver = Receiver::start().await?;
    let node = OwnNode::start("restart", "").await?;
    let mut world = World::on(node.url(), "restart").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    let process = world.start(&ALL).await?;
    let load = Load::start(&world.publisher, &world.names, "restart", RATE);
    flows(&receiver).await?;
    node.restart().await?;
    consumed_again(&world).await?;
    flows(&receiver).await?;
    node.crash().await?;
    consumed_again(&world).await?;
    flows(&receiver).await?;
    process.ready().await?;
    verdict(world, &receiver, load, "broker restarted and crashed").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_connections_are_cut() -> Result<()> {
    let receiver = Receiver::start().await?;
    let chaos = Chaos::before(&barid_tests::shared_broker().await?).await?;
    let mut world = World::new("cuts").await?;
    world.reach_broker_by(chaos.url());
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    let process = world.start(&ALL).await?;
    let load = Load::start(&world.publisher, &world.names, "cuts", RATE);
    for _ in 0..3 {
        flows(&receiver).await?;
        chaos.cut();
    }
    flows(&receiver).await?;
    // Gone for longer, so that reconnecting fails several times.
    chaos.refuse();
    chaos.cut();
    eventually("the process says that it is not ready", PATIENCE, async || Ok(!process.is_ready().await)).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    chaos.accept();
    process.ready().await?;
    consumed_again(&world).await?;
    flows(&receiver).await?;
    verdict(world, &receiver, load, "connections cut").await
}
