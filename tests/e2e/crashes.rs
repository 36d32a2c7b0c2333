//! `kill -9` at random moments under load: duplicates at worst, never a loss.

use std::time::Duration;

use anyhow::Result;
use barid_tests::receiver::{Answer, Script};
use barid_tests::{Load, Receiver, Verdict, Wants, World};
use tokio::time::sleep;

/// How often the role is killed.
const KILLS: usize = 5;

/// Events a second.
const RATE: u32 = 200;

/// The seed of the moments, from `BARID_TEST_SEED` or fresh. Printed, so that a failure can be repeated.
fn dice() -> fastrand::Rng {
    let given = std::env::var("BARID_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("BARID_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

async fn kill_under_load(role: &str) -> Result<()> {
    let mut dice = dice();
    let receiver = Receiver::start().await?;
    receiver.on("/flaky", Script::first(std::iter::repeat_n(Answer::status(503), 20)));
    let mut world = World::new(&format!("kill-{role}")).await?;
    world.subscribe(&[
        Wants::everything("steady", receiver.url("/steady")),
        Wants::everything("flaky", receiver.url("/flaky")).schedule(&["1s", "1s", "1s", "1s", "1s"]),
    ])?;
    let mut processes =
        [("router", world.start(&["router"]).await?), ("dispatcher", world.start(&["dispatcher"]).await?)];
    let load = Load::start(&world.publisher, &world.names, role, RATE);
    for (running, process) in processes.iter_mut().filter(|(running, _)| *running == role) {
        for _ in 0..KILLS {
            // The moment is the dice's, not a wait for anything.
            sleep(Duration::from_millis(dice.u64(50..700))).await;
            process.kill().await?;
            *process = world.start(&[running]).await?;
        }
    }
    let ledger = load.stop().await?;
    for path in ["/steady", "/flaky"] {
        receiver.all_arrived(path, &ledger.confirmed).await?;
    }
    world.settled().await?;
    for path in ["/steady", "/flaky"] {
        Verdict::of(&ledger, &receiver.ids(path)).demand(&format!("{role} killed {KILLS} times, {path}"))?;
    }
    world.finish().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_router_is_killed_under_load() -> Result<()> {
    kill_under_load("router").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_dispatcher_is_killed_under_load() -> Result<()> {
    kill_under_load("dispatcher").await
}
