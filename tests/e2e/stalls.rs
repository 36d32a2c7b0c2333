//! A network that swallows everything without closing anything: noticed, and left behind.

use std::time::Duration;

use anyhow::Result;
use barid_tests::{Chaos, Receiver, Wants, World, event, eventually};

use crate::ALL;

/// Beyond the minute after which a backlog that is not handed out counts as a stall.
const NOTICED: Duration = Duration::from_secs(150);

#[tokio::test]
async fn connections_that_have_fallen_silent_are_replaced() -> Result<()> {
    let receiver = Receiver::start().await?;
    let chaos = Chaos::before(&barid_tests::shared_broker().await?).await?;
    let mut world = World::new("stalled").await?;
    world.reach_broker_by(chaos.url());
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let before = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&before]).await?;
    chaos.stall();
    let after = world.publish(&event("deal.won", "2")?).await?;
    eventually("the event arrives by a new connection", NOTICED, async || Ok(receiver.ids("/a").contains_key(&after)))
        .await?;
    world.finish().await
}
