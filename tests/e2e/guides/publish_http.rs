//! The HTTP examples of the publishing guide, with curl against a gateway.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, guide, run};
use tokio::process::Command;

use super::publish_amqp::assert_is_the_event;

#[tokio::test]
async fn every_request_with_curl_is_accepted_and_its_event_arrives() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("guide-http").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router", "dispatcher"]).await?;
    let api = world.api(&process)?;
    api.subscribe(&Wants::everything("crm", receiver.url("/a")).tenant("acme")).await?;
    let examples = guide::examples("publish.md")?.into_iter().filter(|(name, _)| name.starts_with("http-"));
    let mut count = 0;
    for (name, text) in examples {
        let mut shell = Command::new("bash");
        shell.args(["-euc", &text]).env("BARID_URL", api.url()).env("BARID_KEY", api.key());
        let answer = run(&mut shell).await?.success()?;
        assert!(answer.contains("msg_"), "{name}: {answer}");
        count += 1;
    }
    assert_eq!(count, 5);
    receiver.until_count("/a", count).await?;
    for request in receiver.requests("/a") {
        assert_is_the_event(&serde_json::from_slice(&request.body)?);
    }
    // Four of them are one event, sent four times, as its id says.
    assert_eq!(receiver.ids("/a").len(), 2);
    world.finish().await
}
