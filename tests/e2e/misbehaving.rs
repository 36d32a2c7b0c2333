//! Receivers that hang, drip, never end, redirect, reset or close: each costs its own deadline and nobody else's time.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{Receiver, Wants, World, event};
use tokio::time::{Instant, sleep};

use crate::ALL;

/// The well-behaved.
const HEALTHY: usize = 9;

/// Events published in each of the two rounds.
const EVENTS: usize = 100;

/// Publishes one round, and returns when each event was published.
async fn round(world: &World, name: &str) -> Result<BTreeMap<String, Instant>> {
    let mut published = BTreeMap::new();
    for number in 0..EVENTS {
        let start = Instant::now();
        published.insert(world.publish(&event("deal.won", &format!("{name}-{number}"))?).await?, start);
        // The pace of the load: 50 events a second.
        sleep(Duration::from_millis(20)).await;
    }
    Ok(published)
}

/// Waits until the healthy have everything, and prints what share they had when the last event was published, and how
/// long each took.
async fn healthy_have(receiver: &Receiver, published: &BTreeMap<String, Instant>, of: &str) -> Result<()> {
    let (mut latencies, end) = (Vec::new(), Instant::now());
    let mut by_the_end = 0;
    for number in 0..HEALTHY {
        let path = format!("/healthy-{number}");
        receiver.all_arrived(&path, published.keys()).await?;
        let requests = receiver.requests(&path);
        let mine = requests.iter().filter(|request| published.contains_key(request.webhook_id()));
        by_the_end += mine.filter(|request| request.arrived <= end).count();
        latencies.extend(requests.iter().filter_map(|r| Some(r.arrived - *published.get(r.webhook_id())?)));
    }
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 100).copied().unwrap_or_default();
    let share = 100 * by_the_end / (HEALTHY * EVENTS);
    println!("{of}: {share} % delivered when the load ends, p50 {:?}, p99 {:?}", at(50), at(99));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn misbehaving_receivers_are_retried_and_hold_up_nobody() -> Result<()> {
    let receiver = Receiver::start().await?;
    let elsewhere = receiver.url("/elsewhere");
    let bad = [
        ("hangs", Answer::hang()),
        ("drips", Answer::drip()),
        ("never-ends", Answer::endless(503)),
        ("redirects", Answer::redirect(&elsewhere)),
        ("resets", Answer::reset()),
    ];
    let mut world = World::new("misbehaving").await?;
    let mut subscriptions: Vec<_> = (0..HEALTHY)
        .map(|number| format!("healthy-{number}"))
        .map(|name| Wants::everything(&name, receiver.url(&format!("/{name}"))))
        .collect();
    subscriptions.extend(bad.iter().map(|(name, _)| {
        Wants::everything(name, receiver.url(&format!("/{name}"))).timeout("1s").schedule(&["1s"; 30])
    }));
    let closer = Receiver::start().await?;
    subscriptions.push(Wants::everything("closes", closer.url("/closes")).schedule(&["1s"; 30]));
    world.subscribe(&subscriptions)?;
    let process = world.start(&ALL).await?;

    let first = round(&world, "before").await?;
    healthy_have(&receiver, &first, "without misbehaviour").await?;
    world.settled().await?;
    for (name, answer) in &bad {
        receiver.on(&format!("/{name}"), answer.clone());
    }
    closer.close_at_accept(true);
    let second = round(&world, "during").await?;
    healthy_have(&receiver, &second, "beside six that misbehave").await?;
    let retries = process.metric("barid_deliveries_total", &[("outcome", "retry"), ("fault", "receiver")]).await?;
    assert!(retries >= 6.0, "{retries} retries");
    assert_eq!(receiver.count("/elsewhere"), 0, "a redirect was followed");

    for (name, _) in &bad {
        receiver.on(&format!("/{name}"), Answer::status(200));
    }
    closer.close_at_accept(false);
    for (name, _) in &bad {
        receiver.all_arrived(&format!("/{name}"), second.keys()).await?;
    }
    closer.all_arrived("/closes", second.keys()).await?;
    world.finish().await
}
