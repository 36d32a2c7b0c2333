//! `barid apply`: the registry becomes what the files say, as often as one likes.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, event};

use super::whole;

#[tokio::test]
async fn apply_changes_only_what_differs_and_prunes_only_when_told() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("apply").await?;
    let api = whole(&mut world).await?;
    let (url, key) = (api.url(), api.key().to_owned());
    let barid = async |arguments: &[&str]| {
        let whole = [arguments, &["--url", &url, "--key", &key]].concat();
        world.barid(&whole).await?.success()
    };
    let count = async || anyhow::Ok(api.get("/v1/subscriptions").await?["data"].as_array().map_or(0, Vec::len));
    let two = [Wants::everything("a", receiver.url("/a")), Wants::everything("b", receiver.url("/b"))];
    let both = world.write("both.yaml", &two)?.display().to_string();
    let one = world.write("one.yaml", &two[..1])?.display().to_string();

    barid(&["apply", "-f", &both, "--dry-run"]).await?;
    assert_eq!(count().await?, 0);
    barid(&["apply", "-f", &both, "--wait"]).await?;
    // With --wait, the very first event arrives.
    let id = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&id]).await?;
    receiver.all_arrived("/b", [&id]).await?;

    let before = api.get("/v1/subscriptions").await?;
    barid(&["apply", "-f", &both]).await?;
    assert_eq!(api.get("/v1/subscriptions").await?, before);
    barid(&["apply", "-f", &one]).await?;
    assert_eq!(count().await?, 2);
    barid(&["apply", "-f", &one, "--prune", "--dry-run"]).await?;
    assert_eq!(count().await?, 2);
    barid(&["apply", "-f", &one, "--prune", "--yes", "--wait"]).await?;
    assert_eq!(count().await?, 1);
    let id = world.publish(&event("deal.won", "2")?).await?;
    receiver.all_arrived("/a", [&id]).await?;
    world.settled().await?;
    assert_eq!(receiver.count("/b"), 1);
    world.finish().await
}
