//! Stopping: softly, so that nothing is sent twice, or at once, so that nothing is lost.

use std::time::Duration;

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{PATIENCE, Process, Receiver, Wants, World, event, eventually};
use nix::sys::signal::Signal;

use crate::ALL;

/// More events than one subscriber may have in flight.
const EVENTS: usize = 40;

/// A process in the middle of its deliveries to a receiver that answers like this, and the ids of all events.
async fn in_the_middle(world: &mut World, receiver: &Receiver, answer: Answer) -> Result<(Process, Vec<String>)> {
    receiver.on("/a", answer);
    world.subscribe(&[Wants::everything("a", receiver.url("/a")).timeout("30s").schedule(&["1s", "1s"])])?;
    let process = world.start(&ALL).await?;
    let mut ids = Vec::new();
    for number in 0..EVENTS {
        ids.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    receiver.until_count("/a", 1).await?;
    Ok((process, ids))
}

#[tokio::test]
async fn a_soft_stop_finishes_what_is_in_flight_and_sends_nothing_twice() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("soft-stop").await?;
    let slowly = Answer::status(200).after(Duration::from_millis(500));
    let (process, ids) = in_the_middle(&mut world, &receiver, slowly).await?;
    assert_eq!(process.terminate().await?.code(), Some(0));
    assert!(receiver.count("/a") < EVENTS, "everything was delivered before the stop: it proves nothing");
    receiver.on("/a", Answer::status(200));
    world.start(&ALL).await?;
    receiver.all_arrived("/a", &ids).await?;
    world.settled().await?;
    let twice: Vec<_> = receiver.ids("/a").into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    world.finish().await
}

#[tokio::test]
async fn a_second_signal_stops_at_once_and_loses_nothing() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("hard-stop").await?;
    let (process, ids) = in_the_middle(&mut world, &receiver, Answer::hang()).await?;
    // Two signals of a kind may become one, so there is more than one second.
    eventually("it ends before its requests do", Duration::from_secs(20), async || {
        process.signal(Signal::SIGTERM)?;
        Ok(process.exit().is_some())
    })
    .await?;
    assert_eq!(process.ended(PATIENCE).await?.code(), Some(130));
    receiver.on("/a", Answer::status(200));
    world.start(&ALL).await?;
    receiver.all_arrived("/a", &ids).await?;
    world.finish().await
}
