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

#[tokio::test]
async fn a_process_with_a_store_refuses_to_consume_beside_one_that_runs_from_a_file() -> Result<()> {
    let mut world = World::new("beside-a-file").await?;
    let _from_file = world.start(&["router"]).await?;
    let _shares_the_work = world.start(&["router"]).await?;
    world.use_sqlite();
    let process = world.launch(&["router", "dispatcher"]).spawn()?;
    assert_eq!(process.ended(PATIENCE).await?.code(), Some(78));
    let log = process.log().join("\n");
    assert!(log.contains("runs from a file of subscriptions consumes in this namespace"), "{log}");
    world.finish().await
}
