//! A change is in every process at once, whichever gateway took it, and whoever is killed.

use anyhow::Result;
use barid_tests::{PATIENCE, Receiver, Wants, World, event, eventually};

/// Nobody listens there.
const NOWHERE: &str = "amqp://guest:guest@127.0.0.1:9/%2f";

#[tokio::test]
async fn two_of_each_on_postgres_share_what_one_gateway_was_told_and_kills_change_nothing() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("two-of-each").await?;
    world.use_postgres().await?;
    let first = world.start(&["gateway"]).await?;
    let routers = [world.start(&["router"]).await?, world.start(&["router"]).await?];
    let dispatchers = [world.start(&["dispatcher"]).await?, world.start(&["dispatcher"]).await?];
    let second = world.start(&["gateway"]).await?;
    let (one, two) = (world.api(&first)?, world.api(&second)?);

    // The second gateway has no routers of its own; it must have heard of all of them.
    let wants = Wants::everything("a", receiver.url("/a")).to_value();
    let made = one.call("POST", "/v1/subscriptions?wait=1", Some(&wants), &[]).await?;
    assert_eq!(made.header("barid-propagation"), Some("complete"), "{}", made.body);
    // As many as make it all but certain that each router has had some.
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    receiver.all_arrived("/a", &ids).await?;

    first.kill().await?;
    routers[0].kill().await?;
    dispatchers[0].kill().await?;
    two.subscribe(&Wants::everything("b", receiver.url("/b"))).await?;
    let mut later = Vec::new();
    for number in 20..40 {
        later.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    receiver.all_arrived("/b", &later).await?;
    receiver.all_arrived("/a", &later).await?;
    assert!(ids.iter().all(|id| !receiver.ids("/b").contains_key(id)), "nothing from before");
    world.finish().await
}

#[tokio::test]
async fn a_change_that_nobody_could_announce_arrives_all_the_same() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("unannounced").await?;
    world.use_sqlite();
    let process = world.start(&super::WHOLE).await?;
    let file = world.write("more.yaml", &[Wants::everything("a", receiver.url("/a"))])?;
    let file = file.display().to_string();
    let apply = ["--set", &format!("broker.url={NOWHERE}"), "apply", "--local", "-f", &file];
    world.barid(&apply).await?.success()?;
    eventually("the process knows the subscription", PATIENCE, async || {
        Ok(process.metric("barid_registry_subscriptions", &[]).await? >= 1.0)
    })
    .await?;
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&id]).await?;
    world.finish().await
}
