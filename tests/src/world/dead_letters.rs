//! A world's dead letters: looked at, or claimed by the test that caused them.

use anyhow::Result;
use barid_broker::dead_letter::DeadLetter;
use barid_broker::morgue::{Decision, Morgue};
use barid_broker::topology::Options;

use super::World;
use crate::{PATIENCE, found, now};

/// More dead letters than any test makes.
const ALL: usize = 10_000;

impl World {
    /// The dead-letter queue, to work on.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn morgue(&self) -> Result<Morgue> {
        let lanes = Options::default().work_lanes;
        Ok(Morgue::open(&mut self.link.clone(), self.publisher.clone(), self.names.clone(), lanes).await?)
    }

    /// The dead letters of this moment, oldest first. They stay where they are.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>> {
        self.visit(Decision::Keep).await
    }

    /// Waits until there are so many dead letters, and takes them away. Whatever is not claimed fails
    /// [`World::finish`].
    ///
    /// # Errors
    /// When there are not so many in time, or there are more.
    pub async fn claim_dead_letters(&self, expected: usize) -> Result<Vec<DeadLetter>> {
        let morgue = self.morgue().await?;
        found(&format!("{expected} dead letters"), PATIENCE, async || {
            Ok((morgue.count().await? >= expected).then_some(()))
        })
        .await?;
        let letters = self.claim_all_dead_letters().await?;
        let reasons: Vec<_> = letters.iter().map(|letter| &letter.reason).collect();
        anyhow::ensure!(letters.len() == expected, "expected {expected} dead letters, not {reasons:?}");
        Ok(letters)
    }

    /// Takes all dead letters of this moment away, where their number is not known beforehand.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn claim_all_dead_letters(&self) -> Result<Vec<DeadLetter>> {
        self.visit(Decision::Discard).await
    }

    async fn visit(&self, decision: Decision) -> Result<Vec<DeadLetter>> {
        let mut letters = Vec::new();
        let morgue = self.morgue().await?;
        let note = |letter: &DeadLetter| {
            letters.push(letter.clone());
            decision
        };
        morgue.visit(ALL, now(), note).await?;
        Ok(letters)
    }
}
