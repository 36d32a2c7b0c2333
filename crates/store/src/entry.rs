//! What all kinds of entries have in common: the revision they are at, when they came to be, and what a writer expects.

use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use crate::{error::Error, store::number};

/// An entry as it is in the store.
#[derive(Clone, Debug)]
pub struct Row<T> {
    /// The entry.
    pub value: T,
    /// Of its last change.
    pub revision: u64,
    /// When it was made; anew after it had been deleted.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What a writer expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Whatever is there.
    Any,
    /// Nothing: it is to be created. Else [`Error::Exists`].
    Absent,
    /// The entry at this revision. Else [`Error::Conflict`], or [`Error::NotFound`] if there is none.
    Revision(u64),
}

/// What putting an entry came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// The revision the entry is at now.
    pub revision: u64,
    /// What was done.
    pub outcome: Outcome,
}

/// What putting an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there, or deleted.
    Created,
    /// It was there and is different now.
    Changed,
    /// It was there and the same: nothing was written, and no revision used up.
    Unchanged,
}

impl Expect {
    /// Whether an entry at the revision `found`, or none, is what is expected.
    pub(crate) fn check(self, found: Option<u64>) -> Result<(), Error> {
        match (self, found) {
            (Self::Any, _) | (Self::Absent, None) => Ok(()),
            (Self::Absent, Some(_)) => Err(Error::Exists),
            (Self::Revision(_), None) => Err(Error::NotFound),
            (Self::Revision(expected), Some(current)) if expected == current => Ok(()),
            (Self::Revision(_), Some(current)) => Err(Error::Conflict { current }),
        }
    }
}

impl Put {
    pub(crate) fn new(revision: u64, before: Option<u64>) -> Self {
        let outcome = if before.is_some() { Outcome::Changed } else { Outcome::Created };
        Self { revision, outcome }
    }

    pub(crate) fn unchanged(revision: u64) -> Self {
        Self { revision, outcome: Outcome::Unchanged }
    }
}

impl<T> Row<T> {
    /// The row with `value`, and with the columns `revision`, `created_at` and `updated_at`.
    pub(crate) fn of(row: &AnyRow, value: T) -> Result<Self, Error> {
        let at = |column| time(row, column)?.ok_or_else(|| Error::corrupt(format_args!("an entry without {column}")));
        Ok(Self {
            value,
            revision: number(row, "revision")?,
            created_at: at("created_at")?,
            updated_at: at("updated_at")?,
        })
    }
}

/// A time as the database keeps it: microseconds since 1970.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// A column that holds a time, or nothing.
pub(crate) fn time(row: &AnyRow, column: &'static str) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(micros) = row.try_get::<Option<i64>, _>(column)? else { return Ok(None) };
    let time = DateTime::from_timestamp_micros(micros);
    time.map(Some).ok_or_else(|| Error::corrupt(format_args!("the time {column} of an entry")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_means_absent() {
        assert!(Expect::Absent.check(None).is_ok());
        assert!(matches!(Expect::Absent.check(Some(1)), Err(Error::Exists)));
    }

    #[test]
    fn a_revision_means_that_one() {
        assert!(Expect::Revision(3).check(Some(3)).is_ok());
        assert!(matches!(Expect::Revision(3).check(Some(4)), Err(Error::Conflict { current: 4 })));
        assert!(matches!(Expect::Revision(3).check(None), Err(Error::NotFound)));
    }

    #[test]
    fn any_means_any() {
        assert!(Expect::Any.check(None).is_ok());
        assert!(Expect::Any.check(Some(1)).is_ok());
    }
}
