//! The rules of the road that no other module has: what a publisher cannot do to us, what is missing is noticed, and
//! looking at dead letters costs nothing.

use anyhow::Result;
use barid_broker::Lane;
use barid_broker::morgue::Decision;
use barid_tests::receiver::Answer;
use barid_tests::{Message, PATIENCE, Receiver, Wants, World, event, eventually, found, now};
use serde_json::json;

use crate::ALL;

/// What a publisher may set and must not travel on.
fn intrusive(world: &World) -> Message {
    let lanes: Vec<_> = (0..4).map(|n| Lane::Work(n).to_string()).chain(["slow.0".to_owned()]).collect();
    Message::new(world.names.events(), "deal.won", "{}")
        .property("message_id", "1")
        .property("priority", 5)
        .property("expiration", "600000")
        .property("reply_to", "somewhere")
        .header("CC", lanes.clone())
        .header("BCC", lanes)
        .header("x-death", json!([{"queue": "q", "reason": "expired", "count": 7}]))
        .header("x-delivery-count", 49)
        .header("x-anything", "at all")
}

#[tokio::test]
async fn nothing_a_publisher_sets_steers_our_own_messages() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("intrusive").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&["router"]).await?;
    assert!(world.witness.publish(&intrusive(&world)).await?);
    let lanes: Vec<_> = (0..4).map(Lane::Work).chain((0..4).map(Lane::Slow)).collect();
    let queues: Vec<_> = lanes.iter().map(|lane| world.names.lane_queue(lane)).collect();
    let queue = found("the delivery is in a lane", PATIENCE, async || {
        let counts = world.witness.queues(&queues).await?;
        assert!(counts.values().sum::<u64>() <= 1, "copied: {counts:?}");
        Ok(counts.into_iter().find(|(_, count)| *count > 0).map(|(queue, _)| queue))
    })
    .await?;
    let message = world.witness.peek(&queue).await?.expect("it was there");
    assert_eq!(message.exchange, world.names.lanes());
    assert_eq!(message.properties.keys().collect::<Vec<_>>(), ["content_type"]);
    // The witness has just given it back, which the broker counts.
    assert!(message.headers.keys().all(|name| name == "x-delivery-count"), "{:?}", message.headers);
    world.start(&["dispatcher"]).await?;
    receiver.until_count("/a", 1).await?;
    world.settled().await?;
    assert_eq!(receiver.count("/a"), 1);
    world.finish().await
}

#[tokio::test]
async fn a_router_whose_inbox_is_not_bound_is_not_ready() -> Result<()> {
    let mut world = World::new("unbound").await?;
    let router = world.launch(&["router"]).env("BARID_ROUTER__CANARY_EVERY", "1s").start().await?;
    let (inbox, events) = (world.names.inbox(), world.names.events().to_owned());
    world.witness.unbind(&inbox, &events, "#").await?;
    // The journal is still bound, so the broker itself has nothing to complain about.
    eventually("the router is not ready", PATIENCE, async || Ok(!router.is_ready().await)).await?;
    let (_, report) = router.get("/readyz").await?;
    assert!(report.contains(&inbox), "{report}");
    world.witness.bind(&inbox, &events, "#").await?;
    router.ready().await?;
    world.finish().await
}

#[tokio::test]
async fn looking_at_a_dead_letter_does_not_use_it_up() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(410));
    let mut world = World::new("looking").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    for number in 0..3 {
        world.publish(&event("deal.won", &number.to_string())?).await?;
    }
    // A look does not see what the one before it has not given back yet.
    let look = async || {
        let mut letters = world.dead_letters().await?;
        letters.sort_by(|a, b| a.id.cmp(&b.id));
        anyhow::Ok((letters.len() == 3).then_some(letters))
    };
    let before = found("three dead letters", PATIENCE, look).await?;
    for _ in 0..10 {
        world.morgue().await?.with_looks(2).visit(100, now(), |_| Decision::Keep).await?;
    }
    assert_eq!(found("three dead letters again", PATIENCE, look).await?, before);
    world.claim_dead_letters(3).await?;
    world.finish().await
}
