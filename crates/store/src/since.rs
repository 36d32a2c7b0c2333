//! Reading what a mirror needs: everything, or what changed since a revision. One [`Reader`] sees one moment of the store,
//! so that what it read is exactly the store at its revision.

use barid_registry::Digest;
use sqlx::{Any, Row as _, Transaction};

use crate::{
    error::Error,
    record::{KINDS, Kind, Record},
    store::{Store, integer, number},
};

/// How many rows are read with one statement.
pub(crate) const BATCH: usize = 2_000;

/// One moment of the store.
pub(crate) struct Reader {
    store: Store,
    transaction: Transaction<'static, Any>,
    /// Whose store it is.
    pub(crate) installation: String,
    /// Of the last change.
    pub(crate) revision: u64,
    /// Who knows less than this must read everything.
    pub(crate) floor: u64,
}

impl Store {
    /// Looks at the store as it is now.
    pub(crate) async fn reader(&self) -> Result<Reader, Error> {
        self.within(async {
            let mut transaction = self.look().await?;
            let head = "SELECT installation, revision, floor FROM registry";
            let row = sqlx::query(head).fetch_one(&mut *transaction).await?;
            Ok(Reader {
                store: self.clone(),
                transaction,
                installation: row.try_get("installation")?,
                revision: number(&row, "revision")?,
                floor: number(&row, "floor")?,
            })
        })
        .await
    }
}

impl Reader {
    /// Every row changed after this revision, the deleted ones too, each as it is now.
    pub(crate) async fn since(&mut self, revision: u64) -> Result<Vec<Record>, Error> {
        let mut changed = Vec::new();
        for kind in KINDS {
            let mut after = revision;
            loop {
                let query = sqlx::query(kind.since()).bind(integer(after)).bind(batch());
                let rows = self.store.within(async { Ok(query.fetch_all(&mut *self.transaction).await?) }).await?;
                for row in &rows {
                    let record = Record::of(kind, row)?;
                    after = record.revision;
                    changed.push(record);
                }
                if rows.len() < BATCH {
                    break;
                }
            }
        }
        Ok(changed)
    }

    /// The next live rows of a kind after this id; fewer than [`BATCH`] are the last ones.
    pub(crate) async fn live(&mut self, kind: Kind, after: &str) -> Result<Vec<Record>, Error> {
        let query = sqlx::query(kind.live()).bind(after.to_owned()).bind(batch());
        let rows = self.store.within(async { Ok(query.fetch_all(&mut *self.transaction).await?) }).await?;
        rows.iter().map(|row| Record::of(kind, row)).collect()
    }

    /// The digest of all live rows but keys, and that of the keys.
    pub(crate) async fn digests(&mut self) -> Result<(Digest, Digest), Error> {
        let (mut entries, mut keys) = (Digest { count: 0, sum: 0 }, Digest { count: 0, sum: 0 });
        for kind in KINDS {
            let query = sqlx::query(kind.digest());
            let row = self.store.within(async { Ok(query.fetch_one(&mut *self.transaction).await?) }).await?;
            let digest = if kind == Kind::Key { &mut keys } else { &mut entries };
            digest.count += number(&row, "count")?;
            digest.sum += number(&row, "sum")?;
        }
        Ok((entries, keys))
    }
}

fn batch() -> i64 {
    i64::try_from(BATCH).unwrap_or(i64::MAX)
}
