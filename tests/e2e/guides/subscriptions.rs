//! The subscriptions guide, typed into a shell from its first line to its last.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, guide};

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
        } else if name.ends_with(".part.yaml") {
            // A part of a subscription: tried within one, which has what else it needs.
            let mut whole = Wants::everything("part", receiver.url("/hooks/barid")).to_value();
            for (key, value) in barid_registry::file::read(&text)?.as_object().into_iter().flatten() {
                whole[key] = value.clone();
            }
            api.post("/v1/subscriptions?dry_run=1", &whole).await.map_err(|error| error.context(name))?;
        } else {
            world.shell(&text, &api).await?.success().map_err(|error| error.context(name))?;
        }
    }
    assert!(receiver.count("/hooks/barid") >= 2, "what was published and what was tested");
    world.finish().await
}
