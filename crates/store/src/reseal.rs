//! Sealing everything anew, after the master key has been replaced.

use barid_registry::{Settings, source::SourceSettings};
use sqlx::Row as _;

use crate::{
    error::Error,
    prepare::fresh_word,
    sealed,
    store::{Store, integer, number},
};

/// How many rows are looked at in one transaction. All changes wait for it.
const BATCH: i64 = 100;

/// What is sealed in a table.
struct Table {
    count: &'static str,
    next: &'static str,
    replace: &'static str,
    place: fn(&str) -> String,
}

const TABLES: [Table; 2] = [
    Table {
        count: "SELECT COUNT(*) AS count FROM subscriptions WHERE deleted_at IS NULL",
        next: "SELECT id, document FROM subscriptions WHERE deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
        replace: "UPDATE subscriptions SET document = $1, revision = $2 WHERE id = $3",
        place: sealed::place::<Settings>,
    },
    Table {
        count: "SELECT COUNT(*) AS count FROM sources WHERE deleted_at IS NULL",
        next: "SELECT id, document FROM sources WHERE deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
        replace: "UPDATE sources SET document = $1, revision = $2 WHERE id = $3",
        place: sealed::place::<SourceSettings>,
    },
];

impl Store {
    /// Makes the current master key the one that everything is sealed with, and seals anew whatever was sealed with another;
    /// tells `progress` how many entries it has looked at, and how many there are. Returns how many were sealed anew.
    ///
    /// The key is replaced first: from then on whoever writes seals with the new key, or is refused
    /// ([`Error::MasterKeyReplaced`]). Every row gets a revision, so that mirrors and their copies take it over. Once it has
    /// succeeded and they have, the old key can be forgotten. It can be interrupted and begun again. If some rows cannot be
    /// opened with any of the keys they stay as they are, the rest is done, and the end is [`Error::Corrupt`].
    pub async fn reseal(&self, mut progress: impl FnMut(u64, u64)) -> Result<u64, Error> {
        self.within(async {
            // Waits for the changes that have begun: the counter they hold is in the same row.
            let word = "UPDATE registry SET word = $1";
            Ok(sqlx::query(word).bind(fresh_word(&self.keys)).execute(&self.pool).await.map(drop)?)
        })
        .await?;
        let total = self
            .within(async {
                let mut total = 0;
                for table in &TABLES {
                    total += number(&sqlx::query(table.count).fetch_one(&self.pool).await?, "count")?;
                }
                Ok(total)
            })
            .await?;
        let mut done = 0;
        // Until a pass finds nothing: the old key is thrown away on the strength of this.
        loop {
            let pass = self.reseal_pass(|looked| progress(looked.min(total), total)).await?;
            done += pass.done;
            if pass.done == 0 && pass.failed > 0 {
                return Err(Error::corrupt(format_args!("{} entries, named in the log,", pass.failed)));
            }
            if pass.done == 0 {
                return Ok(done);
            }
        }
    }

    async fn reseal_pass(&self, mut progress: impl FnMut(u64)) -> Result<Batch, Error> {
        let mut pass = Batch::default();
        for table in &TABLES {
            let mut after = Some(String::new());
            while let Some(from) = after {
                let batch = self.within(self.reseal_batch(table, &from)).await?;
                pass.looked += batch.looked;
                pass.done += batch.done;
                pass.failed += batch.failed;
                after = batch.last;
                progress(pass.looked);
            }
        }
        Ok(pass)
    }

    async fn reseal_batch(&self, table: &Table, after: &str) -> Result<Batch, Error> {
        let (mut write, first) = self.change().await?;
        let mut first = Some(first);
        let rows = sqlx::query(table.next).bind(after).bind(BATCH).fetch_all(write.on()).await?;
        let mut batch = Batch { looked: rows.len() as u64, ..Batch::default() };
        for row in &rows {
            let (id, old): (&str, &str) = (row.try_get("id")?, row.try_get("document")?);
            batch.last = Some(id.to_owned());
            if write.keys().is_current(old) {
                continue;
            }
            match self.keys.open(&(table.place)(id), old) {
                Ok(plain) => {
                    // No two rows have the same revision.
                    let revision = match first.take() {
                        Some(first) => first,
                        None => write.raise().await?,
                    };
                    let fresh = write.keys().seal(&(table.place)(id), &plain);
                    sqlx::query(table.replace).bind(fresh).bind(integer(revision)).bind(id).execute(write.on()).await?;
                    batch.done += 1;
                }
                Err(why) => {
                    tracing::error!(entry.id = id, %why, "an entry cannot be sealed anew");
                    batch.failed += 1;
                }
            }
        }
        if batch.done == 0 {
            write.cancel().await?;
        } else {
            write.commit().await?;
        }
        Ok(batch)
    }
}

/// What sealing some rows anew came to.
#[derive(Default)]
struct Batch {
    looked: u64,
    done: u64,
    failed: u64,
    /// The last id; none when there was nothing left.
    last: Option<String>,
}
