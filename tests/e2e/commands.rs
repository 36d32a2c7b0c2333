//! Commands that people type, against processes that run.

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{Receiver, Wants, World};

use crate::ALL;

#[tokio::test]
async fn an_event_published_from_the_command_line_arrives() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("cli-publish").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a")).tenant("acme")])?;
    world.start(&ALL).await?;
    let publish = ["publish", "deal.won", "--tenant", "acme", "--id", "7", "--data", r#"{"amount":1.0}"#];
    world.barid(&publish).await?.success()?;
    receiver.until_count("/a", 1).await?;
    let body = receiver.requests("/a")[0].body.clone();
    assert!(body.ends_with(br#""data":{"amount":1.0}}"#), "{body:?}");
    let refused = world.barid(&["publish", "Deal.Won"]).await?;
    assert_eq!(refused.code(), Some(2), "{refused:?}");
    world.finish().await
}

#[tokio::test]
async fn discarding_many_dead_letters_needs_a_yes() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(410));
    let mut world = World::new("discard").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    for number in 0..3 {
        world.publish(&barid_tests::event("deal.won", &number.to_string())?).await?;
    }
    receiver.until_count("/a", 3).await?;
    world.settled().await?;
    let unasked = world.barid(&["dead-letters", "discard", "--reason", "gone"]).await?;
    assert_eq!(unasked.code(), Some(2), "{unasked:?}");
    assert_eq!(world.dead_letters().await?.len(), 3);
    world.barid(&["dead-letters", "discard", "--reason", "gone", "--yes"]).await?.success()?;
    // Nothing is left to claim.
    world.finish().await
}
