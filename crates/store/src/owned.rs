//! What subscriptions and sources have in common as rows: each belongs to a tenant, counts against its quota, and can be lost
//! alone.

use barid_event::Tenant;
use sqlx::{Row as _, any::AnyRow};

use crate::{
    entry::Expect,
    error::Error,
    sealed::{self, Sealed},
    store::{Write, number},
    tenants,
};

/// What is known of a subscription or a source without opening it: enough to replace it or to delete it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose it is.
    pub tenant: Tenant,
    /// Of its last change.
    pub revision: u64,
}

/// The head in a row.
pub(crate) fn head(row: &AnyRow) -> Result<Head, Error> {
    let tenant = row.try_get::<&str, _>("tenant")?.parse();
    let tenant = tenant.map_err(|_| Error::corrupt("the tenant of an entry"))?;
    Ok(Head { tenant, revision: number(row, "revision")? })
}

/// How a table of them is asked.
pub(crate) struct Table {
    /// The live row of the id `$1`.
    pub(crate) get: &'static str,
    /// How many the tenant `$1` has.
    pub(crate) count: &'static str,
}

/// What is to be done with settings that somebody puts.
pub(crate) enum Prepared {
    /// Nothing: they are there, at this revision.
    Unchanged(u64),
    /// They are to be written, in the place of those at this revision.
    Changed(Option<u64>),
}

/// Whether settings, whose document is `text`, may be put in the place of what there is, and whether they say anything new.
///
/// [`Error::Quota`] if the tenant has `limit` without them, [`Error::UnknownTenant`] if tenants are registered and theirs is
/// not.
pub(crate) async fn prepare<D: Sealed>(
    write: &mut Write,
    table: &Table,
    settings: &D,
    text: &str,
    expect: Expect,
    limit: u32,
) -> Result<Prepared, Error> {
    let id = settings.row();
    let found = sqlx::query(table.get).bind(&id).fetch_optional(write.on()).await?;
    let before = found.as_ref().map(|row| number(row, "revision")).transpose()?;
    expect.check(before)?;
    if let (Some(row), Some(before)) = (&found, before) {
        // One that does not open any more is healed by being put again.
        let old = write.keys().open(&sealed::place::<D>(&id), row.try_get("document")?);
        let is_same = old.is_ok_and(|old| **old == *text.as_bytes());
        return Ok(if is_same { Prepared::Unchanged(before) } else { Prepared::Changed(Some(before)) });
    }
    let tenant = settings.tenant();
    tenants::must_be_known(write, tenant).await?;
    let row = sqlx::query(table.count).bind(tenant.as_str()).fetch_one(write.on()).await?;
    if number(&row, "count")? < limit.into() {
        Ok(Prepared::Changed(None))
    } else {
        Err(Error::Quota { what: D::TABLE, limit })
    }
}

/// The revision of one that must be there, as expected.
pub(crate) async fn must_find(write: &mut Write, table: &Table, id: &str, expect: Expect) -> Result<u64, Error> {
    let found = sqlx::query(table.get).bind(id).fetch_optional(write.on()).await?.ok_or(Error::NotFound)?;
    let revision = number(&found, "revision")?;
    expect.check(Some(revision))?;
    Ok(revision)
}

/// What can be read of these rows. What cannot is left out, with a line in the log.
pub(crate) fn readable<T>(rows: &[AnyRow], what: &str, read: impl Fn(&AnyRow) -> Result<T, Error>) -> Vec<T> {
    let read = |row| {
        read(row)
            .inspect_err(|error| tracing::warn!(%error, what, "an entry that cannot be read is left out of a listing"))
            .ok()
    };
    rows.iter().filter_map(read).collect()
}
