//! 202 means that the broker has it: while the broker takes nothing, publishers over HTTP are told so.

use anyhow::Result;
use barid_tests::{OwnNode, PATIENCE, Receiver, Wants, World, eventually};
use serde_json::json;

#[tokio::test]
async fn while_the_broker_blocks_publishing_events_are_answered_with_503_and_a_time() -> Result<()> {
    let receiver = Receiver::start().await?;
    let node = OwnNode::start("gateway", "").await?;
    let mut world = World::on(node.url(), "blocked").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router", "dispatcher"]).await?;
    let api = world.api(&process)?;
    api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    let mut accepted = 0;
    let mut publish = async || {
        let event = json!({"id": accepted.to_string(), "type": "deal.won", "source": "/crm", "data": {}});
        let answer = api.call("POST", "/v1/events", Some(&event), &[]).await?;
        accepted += usize::from(answer.status == 202);
        anyhow::Ok((answer, accepted))
    };
    node.ctl(&["set_vm_memory_high_watermark", "absolute", "10MB"]).await?;
    eventually("events are refused for now", PATIENCE, async || {
        let (answer, _) = publish().await?;
        Ok(answer.status == 503 && answer.header("retry-after").is_some())
    })
    .await?;
    node.ctl(&["set_vm_memory_high_watermark", "absolute", "2GB"]).await?;
    let mut ids = 0;
    eventually("events are accepted again", PATIENCE, async || {
        let (answer, accepted) = publish().await?;
        ids = accepted;
        Ok(answer.status == 202)
    })
    .await?;
    // What was accepted has arrived; what was refused may have.
    eventually("everything accepted arrives", PATIENCE, async || Ok(receiver.ids("/a").len() >= ids)).await?;
    world.finish().await
}
