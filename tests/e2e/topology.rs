//! Exchanges and queues that are missing, or go missing: found, named, routed around, and taken up again.

use anyhow::Result;
use barid_broker::Lane;
use barid_tests::{PATIENCE, Receiver, Wants, World, event, eventually};

use crate::ALL;

#[tokio::test]
async fn a_missing_queue_is_found_and_named() -> Result<()> {
    let world = World::new("missing").await?;
    assert_eq!(world.barid(&["topology", "--check"]).await?.code(), Some(0));
    let lane = world.names.lane_queue(&Lane::Work(2));
    world.witness.delete(&lane).await?;
    let check = world.barid(&["topology", "--check"]).await?;
    assert_eq!(check.code(), Some(1), "{check:?}");
    assert!(check.stdout.contains(&lane), "{check:?}");
    world.barid(&["topology", "--apply"]).await?.success()?;
    assert_eq!(world.barid(&["topology", "--check"]).await?.code(), Some(0));
    world.barid(&["topology", "--delete", "--yes"]).await?.success()?;
    assert_eq!(world.witness.queue(&world.names.inbox()).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_process_that_may_only_look_waits_until_nothing_is_missing() -> Result<()> {
    let mut world = World::new("check-only").await?;
    world.witness.delete(&world.names.lane_queue(&Lane::Work(2))).await?;
    let process = world.launch(&ALL).env("BARID_BROKER__TOPOLOGY", "check").spawn()?;
    eventually("it says that it is not ready", PATIENCE, async || {
        Ok(process.get("/readyz").await.is_ok_and(|(status, _)| status == 503))
    })
    .await?;
    world.barid(&["topology", "--apply"]).await?.success()?;
    process.ready().await?;
    world.finish().await
}

#[tokio::test]
async fn a_lane_that_goes_missing_is_routed_around_and_taken_up_again() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("lane-gone").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let lane = world.names.lane_queue(&Lane::Work(1));
    world.witness.delete(&lane).await?;
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    receiver.all_arrived("/a", &ids).await?;
    world.barid(&["topology", "--apply"]).await?.success()?;
    eventually("the lane has its consumer again", PATIENCE, async || {
        Ok(world.witness.queue(&lane).await?.is_some_and(|queue| queue.consumers > 0))
    })
    .await?;
    world.finish().await
}
