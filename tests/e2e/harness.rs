//! The harness proves itself before it judges others.

use anyhow::Result;
use barid_broker::outgoing::Outgoing;
use barid_tests::{Load, Message, OwnNode, Verdict, World, event};

#[tokio::test]
async fn an_untouched_world_ends_well_and_leaves_nothing_behind() -> Result<()> {
    let world = World::new("untouched").await?;
    let (inbox, witness) =
        (world.names.inbox(), barid_tests::Witness::start(&barid_tests::shared_broker().await?).await?);
    assert_eq!(witness.queue(&inbox).await?.map(|queue| queue.messages), Some(0));
    world.finish().await?;
    assert_eq!(witness.queue(&inbox).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_message_left_anywhere_is_noticed() -> Result<()> {
    let world = World::new("left").await?;
    world.publisher.publish(Outgoing::dead_letter(&world.names, "x".into())).await?;
    let error = world.finish().await.unwrap_err().to_string();
    assert!(error.contains("dead-letters\": 1"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_witness_sees_and_publishes_what_we_do_not() -> Result<()> {
    let world = World::new("witness").await?;
    let (names, witness) = (&world.names, &world.witness);
    let message = Message::new(names.events(), "a.b", "\u{1}x").property("priority", 7).header("h", 1);
    assert!(witness.publish(&message).await?);
    let seen = witness.peek(&names.inbox()).await?.unwrap();
    assert_eq!((seen.routing_key.as_str(), &seen.body[..]), ("a.b", &b"\x01x"[..]));
    assert_eq!(seen.properties["priority"], 7);
    assert_eq!(witness.queue(&names.inbox()).await?.unwrap().messages, 1);
    assert!(!witness.publish(&Message::new(&names.control(), "", "x")).await?);
    Ok(())
}

#[tokio::test]
async fn a_load_keeps_books() -> Result<()> {
    let world = World::new("books").await?;
    let load = Load::start(&world.publisher, &world.names, "a", 500);
    barid_tests::eventually("some events", barid_tests::PATIENCE, async || {
        Ok(world.witness.queue(&world.names.inbox()).await?.is_some_and(|queue| queue.messages > 50))
    })
    .await?;
    let ledger = load.stop().await?;
    assert_eq!(ledger.attempted, ledger.confirmed);
    let inbox = world.witness.queue(&world.names.inbox()).await?.unwrap();
    assert_eq!(inbox.messages, ledger.confirmed.len() as u64);
    assert_eq!(Verdict::of(&ledger, &std::collections::BTreeMap::new()).lost.len(), ledger.confirmed.len());
    Ok(())
}

/// The module's name does not begin with `outage`, so the test's does.
#[tokio::test]
async fn outage_of_an_own_node_keeps_its_url_and_its_messages() -> Result<()> {
    let node = OwnNode::start("harness", "").await?;
    let world = World::on(node.url(), "own-node").await?;
    world.publish(&event("a.b", "1")?).await?;
    node.crash().await?;
    // A quorum queue counts nothing until it has elected its leader again.
    barid_tests::eventually("the message after the crash", barid_tests::PATIENCE, async || {
        Ok(world.witness.queue(&world.names.inbox()).await?.is_some_and(|queue| queue.messages == 1))
    })
    .await
}
