//! The store itself: a pool of connections, the two kinds of transaction, and the clock over every operation.

use std::{fmt, sync::Arc, time::Duration};

use sqlx::{Any, AnyConnection, AnyPool, Row as _, Transaction};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};

use crate::{
    config::{Config, Engine, Location},
    connect,
    error::{Error, TooLate},
    master_key::MasterKeys,
};

/// The registry in a database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) keys: MasterKeys,
    pub(crate) location: Arc<Location>,
    timeout: Duration,
    /// One writer at a time on SQLite: here they queue in order, while SQLite would let them try again and again.
    turn: Arc<Semaphore>,
}

impl Store {
    /// A store that connects when it is first used; within a Tokio runtime.
    pub fn new(config: Config) -> Result<Self, Error> {
        let location = Location::read(&config.url)?;
        let writers = match location.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => Semaphore::MAX_PERMITS,
        };
        Ok(Self {
            pool: connect::pool(&location, config.max_connections, config.timeout)?,
            keys: config.keys,
            location: Arc::new(location),
            timeout: config.timeout,
            turn: Arc::new(Semaphore::new(writers)),
        })
    }

    /// Which database it is.
    pub fn engine(&self) -> Engine {
        self.location.engine()
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), Error> {
        self.within(async { Ok(sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)?) }).await
    }

    /// The revision of the last change.
    pub async fn revision(&self) -> Result<u64, Error> {
        self.within(async {
            let row = sqlx::query("SELECT revision FROM registry").fetch_one(&self.pool).await?;
            number(&row, "revision")
        })
        .await
    }

    /// Closes its connections, once they are not in use any more.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Does it, if it takes no longer than the store's timeout.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        time::timeout(self.timeout, work).await.unwrap_or_else(|_| Err(TooLate(self.timeout).into()))
    }

    /// A transaction that sees one moment of the whole store, however many statements it asks.
    pub(crate) async fn look(&self) -> Result<Transaction<'static, Any>, Error> {
        Ok(match self.engine() {
            Engine::Sqlite => self.pool.begin_with("BEGIN").await?,
            Engine::Postgres => self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        })
    }

    /// A transaction that writes what has no revision.
    pub(crate) async fn write(&self) -> Result<Write, Error> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let transaction = match self.engine() {
            // Begun as a writer: a reader that becomes one is refused when another has written in between.
            Engine::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Engine::Postgres => self.pool.begin_with("BEGIN").await?,
        };
        Ok(Write { transaction, keys: self.keys.clone(), _turn: turn })
    }

    /// A transaction that changes something, and the revision of the change.
    ///
    /// The counter is raised first: its row stays locked until the end, so that changes commit in the order of their
    /// revisions, and whoever sees one sees all before it. Dropped without a commit, it has used no revision up.
    ///
    /// The same row says which master key seals: from the commit that replaced it, nothing is sealed with the old one any
    /// more, whichever key a process was started with. [`Error::MasterKeyReplaced`] if this one has not that key.
    pub(crate) async fn change(&self) -> Result<(Write, u64), Error> {
        let mut write = self.write().await?;
        match write.raise().await {
            Ok(revision) => Ok((write, revision)),
            Err(error) => {
                write.cancel().await?;
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("location", &self.location).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// A transaction that writes. Dropped without a commit, nothing has happened.
pub(crate) struct Write {
    transaction: Transaction<'static, Any>,
    keys: MasterKeys,
    _turn: OwnedSemaphorePermit,
}

impl Write {
    /// Where to execute its statements.
    pub(crate) fn on(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// The next revision. Locks the counter, and learns which key seals.
    pub(crate) async fn raise(&mut self) -> Result<u64, Error> {
        let raised = "UPDATE registry SET revision = revision + 1 RETURNING revision, word";
        let row = sqlx::query(raised).fetch_one(self.on()).await?;
        self.keys = self.keys.like(row.try_get("word")?).ok_or(Error::MasterKeyReplaced)?;
        number(&row, "revision")
    }

    /// The keys, sealing with the one that the store is sealed with; known once a revision was raised.
    pub(crate) fn keys(&self) -> &MasterKeys {
        &self.keys
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// Ends it at once: one that is dropped holds the counter until its connection is cleaned up in the background.
    pub(crate) async fn cancel(self) -> Result<(), Error> {
        Ok(self.transaction.rollback().await?)
    }
}

/// A column that counts something and so is never negative.
pub(crate) fn number(row: &sqlx::any::AnyRow, column: &'static str) -> Result<u64, Error> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| Error::corrupt(format_args!("the negative {column}")))
}

/// A revision or a count as the database keeps it.
pub(crate) fn integer(number: u64) -> i64 {
    // One change a nanosecond would take three hundred years to get beyond.
    i64::try_from(number).unwrap_or(i64::MAX)
}
