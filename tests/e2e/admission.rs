//! Events that are well made and still not let in.

use anyhow::Result;
use barid_tests::{Message, Receiver, Wants, World};

use crate::ALL;

#[tokio::test]
async fn an_event_that_goes_round_is_stopped() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("loop").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let events = world.names.events().to_owned();
    let hops = |hops: u8| Message::new(&events, "deal.won", "{}").header("barid-hops", hops);
    assert!(world.witness.publish(&hops(6)).await?);
    assert_eq!(world.claim_dead_letters(1).await?[0].reason, "loop");
    assert!(world.witness.publish(&hops(5)).await?);
    receiver.until_count("/a", 1).await?;
    // Whoever publishes what it receives passes this on.
    assert_eq!(receiver.requests("/a")[0].header("barid-hops"), Some("6"));
    world.finish().await
}

#[tokio::test]
async fn a_publisher_speaks_only_for_its_own_tenants() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("publishers").await?;
    world.subscribe(&[
        Wants::everything("acme", receiver.url("/acme")).tenant("acme"),
        Wants::everything("other", receiver.url("/other")).tenant("other"),
    ])?;
    world.launch(&ALL).env("BARID_TENANTS__PUBLISHERS__GUEST", "acme").start().await?;
    let of = |tenant: &str| Message::new(world.names.events(), "deal.won", "{}").header("tenant", tenant);
    let forbidden = [of("other").property("user_id", "guest"), of("acme")];
    for message in &forbidden {
        assert!(world.witness.publish(message).await?);
    }
    assert!(world.witness.publish(&of("acme").property("user_id", "guest")).await?);
    receiver.until_count("/acme", 1).await?;
    let letters = world.claim_dead_letters(forbidden.len()).await?;
    assert!(letters.iter().all(|letter| letter.reason == "tenant_forbidden"), "{letters:?}");
    assert_eq!(receiver.count("/other"), 0);
    world.finish().await
}
