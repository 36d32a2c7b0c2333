//! A world's ledger: what its processes have recorded.

use anyhow::{Context, Result};
use barid_broker::ledger::{Record, decode};
use barid_broker::stream::{Reader, Start};
use tokio::time::timeout;

use super::World;
use crate::PATIENCE;

/// Batches the broker sends ahead.
const CREDIT: u16 = 100;

impl World {
    /// Reads the ledger from its beginning and shows `note` each record, until it says that it has seen enough.
    ///
    /// # Errors
    /// When the ledger ends before, or holds what cannot be read.
    pub async fn read_ledger(&self, mut note: impl FnMut(Record<'static>) -> bool) -> Result<()> {
        let mut reader = Reader::new(self.link.clone(), self.names.ledger(), Start::First, CREDIT);
        let reading = async {
            loop {
                let batch = reader.next().await;
                for record in decode(&batch.body)? {
                    let record = record.map_err(|unreadable| anyhow::anyhow!("{unreadable}"))?;
                    if note(record) {
                        return Ok(());
                    }
                }
            }
        };
        timeout(PATIENCE, reading).await.context("the ledger does not have all the records in time")?
    }
}
