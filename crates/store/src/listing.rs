//! Listing what tenants have by name: subscriptions and sources, in the order of tenant and name.

use barid_event::Tenant;
use barid_registry::Name;
use sqlx::{AnyPool, Row as _, any::AnyRow};

use crate::{error::Error, page};

/// Which to list: all, those of a tenant, those with a name, or the one with both.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// Of this tenant only.
    pub tenant: Option<&'a Tenant>,
    /// With this name only.
    pub name: Option<&'a Name>,
    /// Beginning after another page: its `next`.
    pub after: Option<&'a str>,
    /// At most this many, 1 to [`MAX_PAGE`](crate::MAX_PAGE).
    pub limit: u16,
}

/// The statements that list one table.
pub(crate) struct Lists {
    pub(crate) all: &'static str,
    pub(crate) of_tenant: &'static str,
    pub(crate) named: &'static str,
    pub(crate) one: &'static str,
}

/// The statements, of the macro that makes a statement of its end.
macro_rules! lists {
    ($select:ident) => {
        $crate::listing::Lists {
            all: $select!("(tenant, name) > ($1, $2) ORDER BY tenant, name LIMIT $3"),
            of_tenant: $select!("tenant = $1 AND name > $2 ORDER BY name LIMIT $3"),
            named: $select!("tenant > $1 AND name = $2 ORDER BY tenant LIMIT $3"),
            one: $select!("tenant = $1 AND name = $2 LIMIT $3"),
        }
    };
}
pub(crate) use lists;

impl Listing<'_> {
    /// The rows of a page, and where the next one begins.
    pub(crate) async fn rows(self, lists: &Lists, pool: &AnyPool) -> Result<(Vec<AnyRow>, Option<String>), Error> {
        let Listing { tenant, name, after, limit } = self;
        let (after, ask) = (page::key(after)?, page::with_one_more(limit));
        // A key is tenant, space, name: neither holds a space.
        let (after_tenant, after_name) = match after.split_once(' ') {
            Some(both) => both,
            None if after.is_empty() => ("", ""),
            None => return Err(Error::InvalidCursor),
        };
        let query = match (tenant, name) {
            (None, None) => sqlx::query(lists.all).bind(after_tenant).bind(after_name),
            (Some(tenant), None) => sqlx::query(lists.of_tenant).bind(tenant.as_str()).bind(after_name),
            (None, Some(name)) => sqlx::query(lists.named).bind(after_tenant).bind(name.as_str()),
            (Some(tenant), Some(name)) => sqlx::query(lists.one).bind(tenant.as_str()).bind(name.as_str()),
        };
        let mut rows = query.bind(ask).fetch_all(pool).await?;
        let next = page::cut(&mut rows, limit, |last| {
            Ok(format!("{} {}", last.try_get::<&str, _>("tenant")?, last.try_get::<&str, _>("name")?))
        })?;
        Ok((rows, next))
    }
}
