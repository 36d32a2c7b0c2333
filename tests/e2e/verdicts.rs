//! Many publishes in flight, some of them unroutable: each learns its own fate.

use anyhow::Result;
use barid_broker::outgoing::Outgoing;
use barid_broker::{Names, PublishError};
use barid_tests::{World, event};
use futures_util::future::join_all;

/// Publishes in flight together.
const PUBLISHES: usize = 300;

#[tokio::test]
async fn each_of_300_publishes_in_flight_gets_its_own_verdict() -> Result<()> {
    let world = World::new("verdicts").await?;
    // Nobody listens to notices here, and their exchange is the one without an alternate.
    let nowhere = Names::new("nowhere".parse()?, world.names.control());
    let publish = async |number: usize| {
        let names = if number.is_multiple_of(3) { &nowhere } else { &world.names };
        let event = event("deal.won", &number.to_string())?;
        anyhow::Ok(world.publisher.publish(Outgoing::event(names, &event)).await)
    };
    for (number, verdict) in join_all((0..PUBLISHES).map(publish)).await.into_iter().enumerate() {
        match verdict? {
            Ok(()) => assert!(!number.is_multiple_of(3), "{number} is nowhere and was confirmed"),
            Err(PublishError::Returned { exchange, .. }) => {
                assert!(number.is_multiple_of(3), "{number} was routed and came back");
                assert_eq!(exchange, world.names.control());
            }
            Err(error) => panic!("{number}: {error}"),
        }
    }
    let inbox = world.witness.queue(&world.names.inbox()).await?;
    assert_eq!(inbox.map(|inbox| inbox.messages), Some(200));
    Ok(())
}
