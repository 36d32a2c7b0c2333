//! `barid demo`: the whole road on a real broker, to look at.
//!
//! A router and a dispatcher, three subscribers (one healthy, one that fails twice and then works, one that always
//! fails), and a few hundred CRM events. It shows live who gets what, and ends with the sums and the dead letter.

mod events;
mod receiver;
mod show;
mod stage;

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::Result;
use secrecy::SecretString;
use tokio::time::{Instant, interval};

use show::Show;
use stage::Stage;

/// How the demo runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// One round, and the end.
    pub(crate) once: bool,
    /// Events of a round.
    pub(crate) events: usize,
    /// Events per second.
    pub(crate) rate: u32,
}

/// How long the last deliveries may take: the retries of the failing subscriber last about 5 s.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often the picture is drawn.
const FRAME: Duration = Duration::from_millis(100);

/// Runs the demo against the broker at `url`. Whether every delivery is accounted for.
pub(crate) async fn run(plan: &Plan, url: SecretString) -> Result<bool> {
    let mut stage = Stage::set(url).await?;
    let show = Show::begin(&stage.receivers(), std::io::stderr().is_terminal());
    let mut round = 0;
    loop {
        play(&mut stage, &show, plan, round).await?;
        round += 1;
        if plan.once || stage.interrupted() {
            break;
        }
    }
    let complete = wait_for_the_last(&mut stage, &show).await?;
    show.end();
    let letters = stage.dead_letters().await?;
    show::summary(&stage.receivers(), &letters)?;
    stage.strike().await?;
    Ok(complete)
}

/// Publishes one round of events at a steady rate.
async fn play(stage: &mut Stage, show: &Show, plan: &Plan, round: usize) -> Result<()> {
    let mut beat = interval(Duration::from_secs_f64(1.0 / f64::from(plan.rate.max(1))));
    let mut drawn = Instant::now();
    for number in 0..plan.events {
        beat.tick().await;
        if stage.interrupted() {
            return Ok(());
        }
        stage.publish(events::event(round, number)?).await?;
        if drawn.elapsed() >= FRAME {
            show.draw(&stage.receivers(), stage.published());
            drawn = Instant::now();
        }
    }
    Ok(())
}

/// Waits until everything published was delivered or is a dead letter.
async fn wait_for_the_last(stage: &mut Stage, show: &Show) -> Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    let mut frame = interval(FRAME);
    loop {
        frame.tick().await;
        stage.count_dead_letters().await?;
        show.draw(&stage.receivers(), stage.published());
        if stage.is_complete() {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
    }
}
