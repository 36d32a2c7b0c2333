//! A slow subscriber waits in its slow lane, beside everybody else, and comes back when it is fast again.

use std::time::Duration;

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{Load, PATIENCE, Receiver, Verdict, Wants, World, eventually};

use crate::ALL;

/// Events a second.
const RATE: u32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_subscriber_moves_to_its_slow_lane_and_back() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/slow", Answer::status(200).after(Duration::from_secs(2)));
    let mut world = World::new("slow").await?;
    world.subscribe(&[
        Wants::everything("slow", receiver.url("/slow")),
        Wants::everything("fast", receiver.url("/fast")),
    ])?;
    let process = world.start(&ALL).await?;
    let load = Load::start(&world.publisher, &world.names, "slow", RATE);
    eventually("the router knows of the slow one", PATIENCE, async || {
        let noticed = process.metric("barid_slow_notices_total", &[("kind", "slow")]).await?;
        let known = process.metric("barid_slow_subscriptions", &[]).await?;
        Ok(noticed >= 1.0 && known >= 1.0)
    })
    .await?;
    // The fast one is not held up: it gets more while the slow one has requests open.
    receiver.until_count("/fast", receiver.count("/fast") + 50).await?;
    receiver.on("/slow", Answer::status(200));
    eventually("the slow one is back", PATIENCE, async || {
        let back = process.metric("barid_slow_notices_total", &[("kind", "fast")]).await?;
        let known = process.metric("barid_slow_subscriptions", &[]).await?;
        Ok(back >= 1.0 && known < 1.0)
    })
    .await?;
    let ledger = load.stop().await?;
    for path in ["/slow", "/fast"] {
        receiver.all_arrived(path, &ledger.confirmed).await?;
    }
    world.settled().await?;
    for path in ["/slow", "/fast"] {
        Verdict::of(&ledger, &receiver.ids(path)).demand(path)?;
    }
    world.finish().await
}
