//! The subscriptions guide, typed into a shell from its first line to its last.

use anyhow::Result;
use barid_tests::{Receiver, World, guide};

#[tokio::test]
async fn every_command_works_in_the_order_in_which_it_is_printed() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("guide-subs").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router", "dispatcher"]).await?;
    let api = world.api(&process)?;
    for (name, text) in guide::examples("subscriptions.md")? {
        // The guide's subscriber is ours here.
        let text = text.replace("https://erp.example.com", receiver.url("").trim_end_matches('/'));
        if text.starts_with("subscriptions:") {
            std::fs::write(world.path(&name), text)?;
        } else {
            world.shell(&text, &api).await?.success().map_err(|error| error.context(name))?;
        }
    }
    assert!(receiver.count("/hooks/barid") >= 2, "what was published and what was tested");
    world.finish().await
}
