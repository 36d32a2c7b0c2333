//! Forgetting what was deleted long ago.

use chrono::{DateTime, Utc};

use crate::{
    entry::micros,
    error::Error,
    store::{Store, Write, integer, number},
};

/// For each table: the newest revision among what is forgotten, and the forgetting. A deleted subscription whose own lane
/// may still exist is kept: nobody else knows of the queue.
const TABLES: [(&str, &str); 5] = [
    (
        "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) AS newest FROM tenants WHERE deleted_at < $1",
        "DELETE FROM tenants WHERE deleted_at < $1",
    ),
    (
        "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) AS newest FROM event_types WHERE deleted_at < $1",
        "DELETE FROM event_types WHERE deleted_at < $1",
    ),
    (
        "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) AS newest FROM subscriptions \
         WHERE deleted_at < $1 AND lane = 'none'",
        "DELETE FROM subscriptions WHERE deleted_at < $1 AND lane = 'none'",
    ),
    (
        "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) AS newest FROM sources WHERE deleted_at < $1",
        "DELETE FROM sources WHERE deleted_at < $1",
    ),
    (
        "SELECT CAST(COALESCE(MAX(revision), 0) AS BIGINT) AS newest FROM api_keys WHERE revoked_at < $1",
        "DELETE FROM api_keys WHERE revoked_at < $1",
    ),
];

impl Store {
    /// Forgets what was deleted or revoked before this time; whoever has not looked since then will have to load
    /// everything. Returns how many rows it were.
    pub async fn purge(&self, deleted_before: DateTime<Utc>) -> Result<u64, Error> {
        self.within(async {
            // Holds the counter's lock: a floor is never raised beside a change.
            let (mut write, _) = self.change().await?;
            let (gone, newest) = forget(&mut write, micros(deleted_before)).await?;
            if gone == 0 {
                write.cancel().await?;
                return Ok(0);
            }
            let floor = "UPDATE registry SET floor = $1 WHERE floor < $1";
            sqlx::query(floor).bind(integer(newest)).execute(write.on()).await?;
            write.commit().await?;
            Ok(gone)
        })
        .await
    }
}

async fn forget(write: &mut Write, before: i64) -> Result<(u64, u64), Error> {
    let (mut gone, mut newest) = (0, 0);
    for (find, delete) in TABLES {
        let row = sqlx::query(find).bind(before).fetch_one(write.on()).await?;
        newest = newest.max(number(&row, "newest")?);
        gone += sqlx::query(delete).bind(before).execute(write.on()).await?.rows_affected();
    }
    Ok((gone, newest))
}
