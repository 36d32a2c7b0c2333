//! What subscriptions and sources have in common as rows: each belongs to a tenant, counts against its quota, and can be lost
//! alone.

use barid_event::Tenant;
use sqlx::{Row as _, any::AnyRow};

use crate::{
    error::Error,
    store::{Write, number},
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

/// [`Error::Quota`] unless the tenant has fewer than `limit`: `count` is the statement that counts those of `$1`.
pub(crate) async fn must_fit(
    write: &mut Write,
    count: &'static str,
    what: &'static str,
    tenant: &Tenant,
    limit: u32,
) -> Result<(), Error> {
    let row = sqlx::query(count).bind(tenant.as_str()).fetch_one(write.on()).await?;
    if number(&row, "count")? < limit.into() { Ok(()) } else { Err(Error::Quota { what, limit }) }
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
