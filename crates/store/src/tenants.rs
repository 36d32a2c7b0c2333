//! Tenants in the store. While none is registered every tenant is welcome; from the first one on, only those that are.

use barid_event::Tenant;
use barid_registry::{TenantSettings, tenant};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    documents::{Document, Table, table},
    entry::{Expect, Put, Row},
    error::Error,
    page::Page,
    store::{Store, Write, number},
};

impl Document for TenantSettings {
    const TABLE: Table = table!("tenants", "tenant");

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn write(&self) -> Value {
        tenant::write(self)
    }

    fn read(document: &Value, revision: u64) -> Option<Self> {
        tenant::read(document).ok().map(|read| Self { revision, ..read })
    }
}

impl Store {
    /// Registers a tenant or changes it; the revision in `settings` does not count.
    pub async fn put_tenant(
        &self,
        settings: &TenantSettings,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        self.put_document(settings, expect, now).await
    }

    /// Deletes a tenant that has neither subscriptions nor sources nor keys, else [`Error::InUse`]. Returns the revision.
    pub async fn delete_tenant(&self, tenant: &Tenant, expect: Expect, now: DateTime<Utc>) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            Self::delete_document::<TenantSettings>(&mut write, tenant.as_str(), expect, revision, now).await?;
            let users = [
                (
                    "subscriptions",
                    "SELECT COUNT(*) AS count FROM subscriptions WHERE tenant = $1 AND deleted_at IS NULL",
                ),
                ("sources", "SELECT COUNT(*) AS count FROM sources WHERE tenant = $1 AND deleted_at IS NULL"),
                ("keys", "SELECT COUNT(*) AS count FROM api_keys WHERE tenant = $1 AND revoked_at IS NULL"),
            ];
            for (what, count) in users {
                let row = sqlx::query(count).bind(tenant.as_str()).fetch_one(write.on()).await?;
                if number(&row, "count")? > 0 {
                    return Err(Error::InUse(what));
                }
            }
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// A tenant.
    pub async fn tenant(&self, tenant: &Tenant) -> Result<Option<Row<TenantSettings>>, Error> {
        self.document(tenant.as_str()).await
    }

    /// Tenants in the order of their ids, at most `limit` (1 to [`MAX_PAGE`](crate::MAX_PAGE)), beginning `after` another
    /// page.
    pub async fn tenants(&self, after: Option<&str>, limit: u16) -> Result<Page<Row<TenantSettings>>, Error> {
        self.documents(after, limit).await
    }
}

/// Refuses a tenant that is not registered where some are.
pub(crate) async fn must_be_known(write: &mut Write, tenant: &Tenant) -> Result<(), Error> {
    let known = "SELECT COUNT(*) AS others, CAST(COALESCE(SUM(CASE WHEN id = $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS known \
                 FROM tenants WHERE deleted_at IS NULL";
    let row = sqlx::query(known).bind(tenant.as_str()).fetch_one(write.on()).await?;
    if number(&row, "others")? == 0 || number(&row, "known")? > 0 {
        Ok(())
    } else {
        Err(Error::UnknownTenant(tenant.clone()))
    }
}
