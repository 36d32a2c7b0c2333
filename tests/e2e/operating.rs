//! Reading the subscriptions again while events flow.

use anyhow::Result;
use barid_tests::{PATIENCE, Receiver, Wants, World, event, eventually};
use nix::sys::signal::Signal;

use crate::ALL;

#[tokio::test]
async fn an_invalid_file_changes_nothing_and_a_valid_one_takes_effect() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("reload").await?;
    let old = Wants::everything("old", receiver.url("/old"));
    let new = Wants::everything("new", receiver.url("/new"));
    world.subscribe(std::slice::from_ref(&old))?;
    let process = world.start(&ALL).await?;

    std::fs::write(world.subscriptions(), "subscriptions: [{name: broken}]")?;
    process.signal(Signal::SIGHUP)?;
    eventually("the file is refused", PATIENCE, async || {
        Ok(process.metric("barid_config_reload_failures_total", &[]).await? >= 1.0)
    })
    .await?;
    assert!(process.is_ready().await);
    let first = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/old", [&first]).await?;

    world.subscribe(&[old, new])?;
    process.signal(Signal::SIGHUP)?;
    // There is no telling from outside when the new file is in use, except by what it does.
    let mut number = 1;
    eventually("the new subscriber gets something", PATIENCE, async || {
        number += 1;
        world.publish(&event("deal.won", &number.to_string())?).await?;
        Ok(receiver.count("/new") > 0)
    })
    .await?;
    world.settled().await?;
    assert_eq!(receiver.count("/old"), number);
    world.finish().await
}

#[tokio::test]
async fn a_process_does_not_start_with_an_invalid_file() -> Result<()> {
    let mut world = World::new("invalid").await?;
    std::fs::write(world.subscriptions(), "subscriptions: [{name: broken}]")?;
    let process = world.launch(&ALL).spawn()?;
    let status = process.ended(PATIENCE).await?;
    assert_eq!(status.code(), Some(78));
    world.finish().await
}
