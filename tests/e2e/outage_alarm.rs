//! The broker is short of memory for longer than it waits for acknowledgements: nothing is lost, and nobody is called more
//! often than necessary.

use std::time::Duration;

use anyhow::Result;
use barid_broker::Lane;
use barid_tests::receiver::Answer;
use barid_tests::{OwnNode, PATIENCE, Process, Receiver, Verdict, Wants, World, event, eventually};
use nix::sys::signal::Signal;

/// After this long without an acknowledgement the broker closes the channel.
const CONSUMER_TIMEOUT: Duration = Duration::from_secs(5);

/// Events in the lanes, and as many in the inbox, when the alarm begins.
const EVENTS: usize = 40;

async fn blocked(process: &Process) -> Result<()> {
    eventually(&format!("{} is blocked and not ready", process.name()), PATIENCE, async || {
        let blocked = process.metric("barid_broker_blocked", &[]).await? > 0.0;
        Ok(blocked && !process.is_ready().await)
    })
    .await
}

/// Publishes `EVENTS` events and notes them.
async fn publish(world: &World, name: &str, ledger: &mut barid_tests::Ledger) -> Result<()> {
    for number in 0..EVENTS {
        let id = world.publish(&event("deal.won", &format!("{name}-{number}"))?).await?;
        ledger.attempted.insert(id.clone());
        ledger.confirmed.insert(id);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_of_three_consumer_timeouts_loses_nothing_and_repeats_nothing() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(500));
    let node = OwnNode::start("alarm", &format!("consumer_timeout = {}", CONSUMER_TIMEOUT.as_millis())).await?;
    // How often channels look at the clock can only be set like this.
    node.ctl(&["eval", "application:set_env(rabbit, channel_tick_interval, 1000)."]).await?;
    let mut world = World::on(node.url(), "alarm").await?;
    // Far longer than the broker takes to notice that it is short of memory, so that nothing is due twice before it does.
    world.subscribe(&[Wants::everything("a", receiver.url("/a")).schedule(&["8s", "8s", "8s"])])?;
    let router = world.start(&["router"]).await?;
    let dispatcher = world.start(&["dispatcher"]).await?;

    // Both processes must have something to publish when the alarm has begun, or they would not notice it.
    let mut ledger = barid_tests::Ledger::default();
    dispatcher.signal(Signal::SIGSTOP)?;
    publish(&world, "lane", &mut ledger).await?;
    eventually("the inbox is empty", PATIENCE, async || {
        Ok(world.witness.queue(&world.names.inbox()).await?.is_some_and(|inbox| inbox.messages == 0))
    })
    .await?;
    router.signal(Signal::SIGSTOP)?;
    publish(&world, "inbox", &mut ledger).await?;
    node.ctl(&["set_vm_memory_high_watermark", "absolute", "10MB"]).await?;
    router.signal(Signal::SIGCONT)?;
    dispatcher.signal(Signal::SIGCONT)?;
    blocked(&router).await?;
    blocked(&dispatcher).await?;

    let attempted = receiver.count("/a");
    // The alarm lasts this long: it is no wait for anything.
    tokio::time::sleep(3 * CONSUMER_TIMEOUT).await;
    assert_eq!(receiver.count("/a"), attempted, "an attempt was made whose result cannot be published");
    blocked(&dispatcher).await?;

    receiver.on("/a", Answer::status(200));
    node.ctl(&["set_vm_memory_high_watermark", "absolute", "2GB"]).await?;
    router.ready().await?;
    dispatcher.ready().await?;
    receiver.all_arrived("/a", &ledger.confirmed).await?;
    world.settled().await?;
    println!("results used again: {}", dispatcher.metric("barid_results_reused_total", &[]).await?);
    // Once with the answer 500 before or at the beginning of the alarm, and once after it.
    let most = receiver.ids("/a").into_values().max();
    assert!(most <= Some(2), "a delivery was sent {most:?} times");
    Verdict::of(&ledger, &receiver.ids("/a")).demand("memory alarm")?;
    assert!(world.witness.queue(&world.names.lane_queue(&Lane::Work(0))).await?.is_some_and(|lane| lane.consumers > 0));
    world.finish().await
}
