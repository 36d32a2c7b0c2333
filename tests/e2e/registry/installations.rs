//! Two stores on one namespace would eat each other's events.

use anyhow::Result;
use barid_tests::{PATIENCE, Receiver, Wants, World, event};

#[tokio::test]
async fn a_process_with_another_store_refuses_to_consume_and_the_first_goes_on() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("installations").await?;
    let api = super::whole(&mut world).await?;
    api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    let other = format!("sqlite:{}", world.path("other.db").display());
    let process = world.launch(&["router", "dispatcher"]).env("BARID_STORE__URL", &other).spawn()?;
    assert_eq!(process.ended(PATIENCE).await?.code(), Some(78));
    let log = process.log().join("\n");
    assert!(log.contains("another installation"), "{log}");
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&id]).await?;
    world.finish().await
}
