//! Making a store ready: its schema brought up to date, its name given, its master key checked. Every process does it at
//! start, any number of them at the same time.

use sqlx::{Row as _, migrate::Migrator};
use uuid::Uuid;

use crate::{
    config::Location,
    connect,
    error::Error,
    master_key::{MasterKeys, Unsealed},
    store::Store,
};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What is sealed to tell the right master key from a wrong one, and the place it is sealed for.
const WORD: &[u8] = b"barid";
pub(crate) const WORD_PLACE: &str = "registry/word";

/// Whose store it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Random, made with the store, for ever the same.
    pub id: String,
}

impl Store {
    /// Makes the store ready; nothing else may be asked before. Does nothing to one that is ready.
    ///
    /// Fails with [`Error::NewerSchema`] on a store that a newer version has written, and with [`Error::WrongMasterKey`]
    /// when none of the keys opens what is sealed in it.
    pub async fn prepare(&self) -> Result<Installation, Error> {
        self.within(async {
            self.migrate().await?;
            let fresh = "INSERT INTO registry (one, installation, revision, floor, word) VALUES (1, $1, 0, 0, $2) \
                         ON CONFLICT (one) DO NOTHING";
            let found = "SELECT installation, word FROM registry";
            let mut row = sqlx::query(found).fetch_optional(&self.pool).await?;
            if row.is_none() {
                let name = Uuid::new_v4().to_string();
                let word = self.keys.seal(WORD_PLACE, WORD);
                sqlx::query(fresh).bind(name).bind(word).execute(&self.pool).await?;
                // Another process may have been faster.
                row = Some(sqlx::query(found).fetch_one(&self.pool).await?);
            }
            let row = row.ok_or(Error::NotFound)?;
            check(&self.keys, row.try_get("word")?)?;
            Ok(Installation { id: row.try_get("installation")? })
        })
        .await
    }

    async fn migrate(&self) -> Result<(), Error> {
        match &*self.location {
            // The migrator takes an advisory lock.
            Location::Postgres(_) => Ok(MIGRATIONS.run(&self.pool).await?),
            // On SQLite it takes none, and two of them at once fail.
            Location::Sqlite(path) => {
                connect::create_file(path)?;
                let lock = connect::lock_file(path).await?;
                // A property of the file, so that it is enough to say it here.
                sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&self.pool).await?;
                let migrated = MIGRATIONS.run(&self.pool).await;
                drop(lock);
                Ok(migrated?)
            }
        }
    }
}

fn check(keys: &MasterKeys, word: &str) -> Result<(), Error> {
    match keys.open(WORD_PLACE, word) {
        Ok(plain) if **plain == *WORD => Ok(()),
        Err(Unsealed::UnknownKey) => Err(Error::WrongMasterKey),
        Ok(_) | Err(Unsealed::Damaged) => Err(Error::corrupt("the sealed word")),
    }
}

/// The word, sealed anew with the current key.
pub(crate) fn fresh_word(keys: &MasterKeys) -> String {
    keys.seal(WORD_PLACE, WORD)
}
