//! Sealing everything anew, after the master key has been replaced.

use sqlx::Row as _;

use crate::{
    error::Error,
    prepare::fresh_word,
    sealed,
    store::{Store, number},
};

/// How many rows are sealed anew in one transaction.
const BATCH: i64 = 500;

impl Store {
    /// Seals with the current master key whatever was sealed with another one; tells `progress` how many subscriptions it
    /// has looked at, and how many there are. Returns how many were sealed anew. No change of the registry.
    ///
    /// Once it has succeeded, and every process has the new key as its current one, the old key can be forgotten. It can be
    /// interrupted and begun again. If some rows cannot be opened with any of the keys they stay as they are, the rest is
    /// done, and the end is [`Error::Corrupt`].
    pub async fn reseal(&self, mut progress: impl FnMut(u64, u64)) -> Result<u64, Error> {
        let total = self
            .within(async {
                let count = "SELECT COUNT(*) AS count FROM subscriptions WHERE deleted_at IS NULL";
                number(&sqlx::query(count).fetch_one(&self.pool).await?, "count")
            })
            .await?;
        let (mut looked, mut done, mut failed) = (0, 0, 0);
        let mut after = Some(String::new());
        while let Some(from) = after {
            let batch = self.within(self.reseal_batch(&from)).await?;
            looked += batch.looked;
            done += batch.done;
            failed += batch.failed;
            after = batch.last;
            progress(looked.min(total), total);
        }
        self.within(async {
            let word = "UPDATE registry SET word = $1";
            Ok(sqlx::query(word).bind(fresh_word(&self.keys)).execute(&self.pool).await.map(drop)?)
        })
        .await?;
        if failed > 0 {
            Err(Error::corrupt(format_args!("{failed} subscriptions, named in the log,")))
        } else {
            Ok(done)
        }
    }

    async fn reseal_batch(&self, after: &str) -> Result<Batch, Error> {
        let mut write = self.write().await?;
        let next = "SELECT id, document FROM subscriptions WHERE deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2";
        let rows = sqlx::query(next).bind(after).bind(BATCH).fetch_all(write.on()).await?;
        let mut batch = Batch { looked: rows.len() as u64, ..Batch::default() };
        for row in &rows {
            let (id, old): (&str, &str) = (row.try_get("id")?, row.try_get("document")?);
            batch.last = Some(id.to_owned());
            if self.keys.is_current(old) {
                continue;
            }
            match self.keys.open(&sealed::place(id), old) {
                Ok(plain) => {
                    let fresh = self.keys.seal(&sealed::place(id), &plain);
                    // Unless it was changed in the meantime, with the new key.
                    let replace = "UPDATE subscriptions SET document = $1 WHERE id = $2 AND document = $3";
                    sqlx::query(replace).bind(fresh).bind(id).bind(old).execute(write.on()).await?;
                    batch.done += 1;
                }
                Err(why) => {
                    tracing::error!(subscription.id = id, %why, "a subscription cannot be sealed anew");
                    batch.failed += 1;
                }
            }
        }
        write.commit().await?;
        Ok(batch)
    }
}

#[derive(Default)]
struct Batch {
    looked: u64,
    done: u64,
    failed: u64,
    /// The last id; none when there was nothing left.
    last: Option<String>,
}
