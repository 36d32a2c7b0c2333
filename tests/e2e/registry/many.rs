//! Very many subscriptions: a change costs no full load.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, event};

use super::WHOLE;

/// Small enough for an unoptimised build; [performance](../../../docs/performance.md) says what 100,000 cost.
const MANY: usize = 5_000;

/// How long filling the store may take.
const FILL: Duration = Duration::from_mins(5);

#[tokio::test]
async fn one_change_among_many_subscriptions_is_taken_over_alone() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("many").await?;
    world.use_sqlite();
    let mut file = "subscriptions:\n".to_owned();
    for number in 0..MANY {
        writeln!(
            file,
            "  - {{name: s{number}, tenant: t{}, events: [\"a.b{number}\"], destination: {{url: \"https://example.com/{number}\"}}}}",
            number / 500
        )?;
    }
    let path = world.path("many.yaml");
    std::fs::write(&path, file)?;
    let path = path.display().to_string();
    let applied = tokio::time::timeout(FILL, world.barid(&["apply", "--local", "-f", &path])).await??;
    applied.success()?;

    let process = world.start(&WHOLE).await?;
    assert!(process.metric("barid_registry_subscriptions", &[]).await? >= 5_000.0);
    let full = async || process.metric("barid_registry_refreshes_total", &[("kind", "full")]).await;
    let before = full().await?;
    let api = world.api(&process)?;
    api.subscribe(&Wants::everything("one-more", receiver.url("/a"))).await?;
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&id]).await?;
    assert!((full().await? - before).abs() < f64::EPSILON);
    world.finish().await
}
