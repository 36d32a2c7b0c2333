//! The recipes guide, typed into a shell from its first line to its last.

use anyhow::Result;
use barid_tests::{Receiver, World, guide};

#[tokio::test]
async fn every_command_works_in_the_order_in_which_it_is_printed() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("guide-recipes").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router"]).await?;
    let api = world.api(&process)?;
    std::fs::create_dir(world.path("recipes"))?;
    let examples = guide::examples("recipes.md")?;
    assert!(examples.len() > 3);
    // The one file is of YAML and in a folder; all else is typed.
    let (files, typed): (Vec<_>, Vec<_>) = examples.iter().partition(|(name, _)| name.contains('/'));
    for (name, text) in files {
        std::fs::write(world.path(name), text)?;
    }
    for (name, text) in typed {
        let text = text.replace("https://help.example.com", receiver.url("").trim_end_matches('/'));
        world.shell(&text, &api).await?.success().map_err(|error| error.context(name.clone()))?;
    }
    let listed = api.get("/v1/subscriptions?tenant=acme").await?;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "{listed}");
    world.finish().await
}
