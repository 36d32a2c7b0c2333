//! A delivery that fails is tried again at the right time under the same id, and becomes a dead letter that can be
//! replayed.

use std::time::Duration;

use anyhow::Result;
use barid_signature::{Secret, Verifier};
use barid_tests::receiver::{Answer, Script};
use barid_tests::{Receiver, SECRET, Wants, World, event, now};
use chrono::TimeDelta;
use serde_json::Value;

use crate::ALL;

#[tokio::test]
async fn a_failed_delivery_comes_again_by_its_schedule_signed_anew() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Script::first([Answer::status(500), Answer::status(503)]));
    let mut world = World::new("retry").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a")).schedule(&["1s", "3s", "1s"])])?;
    world.start(&ALL).await?;
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/a", 3).await?;
    world.settled().await?;
    let requests = receiver.requests("/a");
    assert_eq!(requests.len(), 3);

    // Jitter takes a fifth off a delay at most.
    let waits: Vec<_> = requests.windows(2).map(|pair| pair[1].arrived - pair[0].arrived).collect();
    assert!(waits[0] >= Duration::from_millis(800) && waits[0] < Duration::from_secs(20), "{waits:?}");
    assert!(waits[1] >= Duration::from_millis(2400) && waits[1] < Duration::from_secs(20), "{waits:?}");

    let key = Verifier::from(SECRET.parse::<Secret>()?);
    let mut signatures = std::collections::BTreeSet::new();
    for request in &requests {
        assert_eq!(request.webhook_id(), id);
        // Only a timestamp of a few seconds ago is accepted.
        request.verify(&key)?;
        signatures.insert(request.header("webhook-signature"));
    }
    assert_eq!(signatures.len(), 3);
    world.finish().await
}

#[tokio::test]
async fn a_receiver_is_left_alone_as_long_as_it_asked_for() -> Result<()> {
    let receiver = Receiver::start().await?;
    let until = now() + TimeDelta::seconds(5);
    let date = until.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    receiver.on("/seconds", Script::first([Answer::with_headers(503, &[("retry-after", "4")])]));
    receiver.on("/date", Script::first([Answer::with_headers(429, &[("retry-after", &date)])]));
    let mut world = World::new("retry-after").await?;
    let wants = |name: &str| Wants::everything(name, receiver.url(&format!("/{name}"))).schedule(&["1s", "1s"]);
    world.subscribe(&[wants("seconds"), wants("date")])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/seconds", 2).await?;
    receiver.until_count("/date", 2).await?;
    let requests = receiver.requests("/seconds");
    assert!(requests[1].arrived - requests[0].arrived >= Duration::from_secs(4));
    // The date has whole seconds.
    assert!(receiver.requests("/date")[1].at.timestamp() >= until.timestamp());
    world.finish().await
}

#[tokio::test]
async fn the_end_of_a_schedule_is_a_dead_letter_and_a_replay_delivers_it() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(500));
    let mut world = World::new("exhausted").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a")).schedule(&["1s"])])?;
    world.start(&ALL).await?;
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/a", 2).await?;
    world.settled().await?;

    let listed = world.barid(&["dead-letters", "list", "--output", "json"]).await?.success()?;
    let listed: Value = serde_json::from_str(&listed)?;
    // A bare list, or one page of it.
    let letters = listed.as_array().or_else(|| listed["data"].as_array()).cloned().unwrap_or_default();
    assert_eq!(letters.len(), 1, "{listed}");
    assert_eq!((&letters[0]["reason"], &letters[0]["message_id"]), (&"attempts_exhausted".into(), &id.clone().into()));
    assert_eq!(receiver.count("/a"), 2);

    receiver.on("/a", Answer::status(200));
    let name = letters[0]["id"].as_str().unwrap_or_default();
    world.barid(&["dead-letters", "replay", name]).await?.success()?;
    receiver.until_count("/a", 3).await?;
    let requests = receiver.requests("/a");
    assert_eq!(requests[2].webhook_id(), id);
    assert_eq!(requests[2].header("barid-replay"), Some("true"));
    assert_eq!(requests[0].header("barid-replay"), None);
    world.finish().await
}

#[tokio::test]
async fn gone_means_gone() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(410));
    let mut world = World::new("gone").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    let letters = world.claim_dead_letters(1).await?;
    assert_eq!(letters[0].reason, "gone");
    assert_eq!(receiver.count("/a"), 1);
    world.finish().await
}
