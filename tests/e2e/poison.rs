//! A delivery that kills whoever touches it: the innocent around it are delivered, and it ends as a dead letter.

use anyhow::{Result, ensure};
use barid_event::Tenant;
use barid_registry::SubscriptionId;
use barid_tests::receiver::Answer;
use barid_tests::{PATIENCE, Receiver, Wants, World, event, found};

/// More crashes than the limit allows: 20 alone, and some before it was alone.
const MOST_CRASHES: usize = 60;

/// Innocent events around the poisoned one.
const INNOCENT: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_delivery_dies_alone() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/poisoned", Answer::hang());
    let mut world = World::new("poison").await?;
    world.subscribe(&[
        Wants::everything("innocent", receiver.url("/innocent")),
        // The same event for both, so that they begin in one message.
        Wants::everything("poisoned", receiver.url("/poisoned")).only(&["poison"]).timeout("3s").schedule(&["1s"; 4]),
    ])?;
    world.start(&["router"]).await?;
    let mut ids = Vec::new();
    for number in 0..INNOCENT {
        let event_type = if number == INNOCENT / 2 { "poison" } else { "deal.won" };
        ids.push(world.publish(&event(event_type, &number.to_string())?).await?);
    }
    let morgue = world.morgue().await?;
    let mut crashes = 0;
    loop {
        let dispatcher = world.launch(&["dispatcher"]).spawn()?;
        let touched = receiver.count("/poisoned");
        let is_dead = found("the poisoned delivery is touched or dead", PATIENCE, async || {
            ensure!(dispatcher.exit().is_none(), "the dispatcher ended by itself");
            let is_dead = morgue.count().await? > 0;
            Ok((is_dead || receiver.count("/poisoned") > touched).then_some(is_dead))
        });
        if is_dead.await? {
            break;
        }
        dispatcher.kill().await?;
        crashes += 1;
        ensure!(crashes <= MOST_CRASHES, "it is not given up after {crashes} crashes");
    }
    println!("given up after {crashes} crashes");
    receiver.all_arrived("/innocent", &ids).await?;
    // A crash between putting it by itself and settling its message leaves two of it. Nobody dies of the other any more, so
    // let it be delivered.
    receiver.on("/poisoned", Answer::status(200));
    world.settled().await?;
    let letters = world.claim_all_dead_letters().await?;
    let died: Vec<_> = letters.iter().map(|letter| (letter.reason.as_str(), letter.subscription())).collect();
    let poisoned = SubscriptionId::derive(&Tenant::default(), &"poisoned".parse()?);
    assert!(
        !died.is_empty() && died.iter().all(|letter| *letter == ("delivery_limit", Some(poisoned.as_str()))),
        "{died:?}"
    );
    world.finish().await
}
