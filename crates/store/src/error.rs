//! What can go wrong, named for what the caller can do about it.

use std::{fmt, time::Duration};

use barid_event::Tenant;
use sqlx::migrate::MigrateError;

use crate::config::InvalidUrl;

/// An error whose type is nobody's business.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such row, or it is deleted.
    #[error("there is no such entry in the store")]
    NotFound,
    /// It was expected to be absent.
    #[error("the entry exists already: update it, or choose another name")]
    Exists,
    /// It is not at the revision that was expected.
    #[error("the entry was changed in the meantime, it is at revision {current}: read it again and decide anew")]
    Conflict {
        /// The revision it is at.
        current: u64,
    },
    /// As many as allowed are there already.
    #[error("no more than {limit} {what} are allowed: remove some, or have the quota raised")]
    Quota {
        /// What there may be no more of.
        what: &'static str,
        /// How many there may be.
        limit: u32,
    },
    /// Something else needs it.
    #[error("the entry is in use by {0}: remove them first")]
    InUse(&'static str),
    /// Tenants are registered, and this one is not among them.
    #[error("tenant {0} is not registered: register it, or use one that is")]
    UnknownTenant(Tenant),
    /// The settings are fine as they came, and what would be kept of them is not: with its defaults and keys it is too
    /// long, for one. Holds no secret.
    #[error("the entry could not be read again once it is kept, and is refused: {0}")]
    Unkeepable(String),
    /// The text that says where a page begins is none of ours.
    #[error("cursor is not one that a page ended with: leave it out to begin")]
    InvalidCursor,
    /// The store cannot be reached, or does not answer in time. Trying again later may help.
    #[error("the store is not available")]
    Unavailable(#[source] Source),
    /// Its secrets were sealed with another key.
    #[error("the store was sealed with another master key: set security.master_key or other_master_keys to that key")]
    WrongMasterKey,
    /// The master key was replaced while this process ran, by one that it has not: what it would write nobody could read
    /// once the old key is gone.
    #[error(
        "the store's master key was replaced: restart this process with the new one as security.master_key, and the old \
         one in other_master_keys"
    )]
    MasterKeyReplaced,
    /// It was written by a newer version.
    #[error("the store has schema {0}, which this version does not know: upgrade it")]
    NewerSchema(i64),
    /// Another installation's store is where ours was.
    #[error("the store belongs to installation {found}, not to {expected}: check store.url, or restart to change over")]
    OtherInstallation {
        /// The installation that this process works for.
        expected: String,
        /// The installation in the store.
        found: String,
    },
    /// A row that should not be possible; says which.
    #[error("{0} in the store cannot be read: restore it from a backup, or delete it")]
    Corrupt(String),
    /// `store.url` names no store.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// A file or directory of ours cannot be used.
    #[error("{path} cannot be used: check that it exists and who may write to it")]
    File {
        /// Which one.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database refuses what we ask of it.
    #[error("the database refuses the operation")]
    Refused(#[source] Source),
}

/// An operation took longer than `store.timeout`.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs_f32())]
pub(crate) struct TooLate(pub(crate) Duration);

impl Error {
    /// What the text of something comes to when it is read again, which must be what was `meant`.
    pub(crate) fn unless_kept<S: PartialEq>(meant: &S, again: Result<S, impl fmt::Display>) -> Result<(), Self> {
        match again {
            Ok(again) if again == *meant => Ok(()),
            Ok(_) => Err(Self::Unkeepable("it would come back changed: write it in another way".to_owned())),
            Err(why) => Err(Self::Unkeepable(why.to_string())),
        }
    }

    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let passing = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| is_passing(&code)),
            _ => false,
        };
        if passing { Self::Unavailable(error.into()) } else { Self::Refused(error.into()) }
    }
}

/// Whether an error code of a database speaks of its state, not of what we asked.
fn is_passing(code: &str) -> bool {
    // PostgreSQL's have five characters, their first two the class: no connection, no resources, an operator's
    // intervention (shutdown, starting up, cancelled for taking too long), a deadlock; and, while an operator changes
    // things, a password or a database that is not there yet.
    if code.len() == 5 {
        return ["08", "28", "3D", "40", "53", "57"].iter().any(|class| code.starts_with(class));
    }
    // SQLite's are numbers, the lowest byte their class: busy, locked, I/O error, full, cannot open.
    code.parse().is_ok_and(|code: i32| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::NewerSchema(version),
            MigrateError::Execute(error) => error.into(),
            other => Self::Refused(other.into()),
        }
    }
}

impl From<TooLate> for Error {
    fn from(late: TooLate) -> Self {
        Self::Unavailable(late.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_passing_state_from_a_refusal() {
        for code in ["08006", "57P03", "40P01", "53300", "28P01", "3D000", "5", "517", "14", "522"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["23505", "42P01", "1", "19", "2067", "11", ""] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
