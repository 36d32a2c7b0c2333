//! A network that swallows everything without closing anything: noticed, and left behind.

use anyhow::Result;
use barid_tests::{Chaos, Receiver, Wants, World, event};

use crate::ALL;

/// How often, in seconds, either side of a connection says that it lives. The default of a minute makes long tests.
const HEARTBEAT: u64 = 5;

#[tokio::test]
async fn connections_that_have_fallen_silent_are_replaced() -> Result<()> {
    let receiver = Receiver::start().await?;
    let chaos = Chaos::before(&barid_tests::shared_broker().await?).await?;
    let mut world = World::new("stalled").await?;
    world.reach_broker_by(&format!("{}?heartbeat={HEARTBEAT}", chaos.url()));
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let before = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&before]).await?;
    chaos.stall();
    let after = world.publish(&event("deal.won", "2")?).await?;
    receiver.all_arrived("/a", [&after]).await?;
    world.finish().await
}
