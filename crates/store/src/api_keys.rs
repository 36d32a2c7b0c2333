//! API keys in the store. They are never deleted but revoked, so that people can see which keys there were.

use barid_event::Tenant;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use crate::{
    api_key::{ApiKey, KeyId, Scope},
    entry::{micros, time},
    error::Error,
    page::{self, Page},
    store::{Store, Write, integer, number},
    tenants,
};

/// The most keys whose use is written down in one go.
pub const MAX_TOUCHED: usize = 10_000;

/// The most keys of one tenant that are neither revoked nor expired.
pub const MAX_TENANT_KEYS: u32 = 100;

/// Every column, in the order of [`read`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant, scope, name, hash, revision, created_at, expires_at, last_used_at, revoked_at FROM api_keys ",
            $rest
        )
    };
}

impl Store {
    /// Adds a key; what it says of its revision, use and revocation does not count. Returns the revision it got.
    ///
    /// [`Error::Exists`] if the id is taken, [`Error::UnknownTenant`] if tenants are registered and its is not,
    /// [`Error::Quota`] if its tenant has [`MAX_TENANT_KEYS`] that can be used when this one is made.
    pub async fn add_key(&self, key: &ApiKey) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            insert(&mut write, key, revision).await?;
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// Adds a key with the scope `admin` if there is no such key that can be used when this one is made. Says whether it
    /// did; of any number of processes that try at the same time one does.
    pub async fn add_first_admin_key(&self, key: &ApiKey) -> Result<bool, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let admins = "SELECT COUNT(*) AS count FROM api_keys \
                          WHERE scope = 'admin' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)";
            let admins = sqlx::query(admins).bind(micros(key.created_at)).fetch_one(write.on()).await?;
            if number(&admins, "count")? > 0 {
                write.cancel().await?;
                return Ok(false);
            }
            insert(&mut write, key, revision).await?;
            write.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Revokes a key, for ever. Returns the revision; [`Error::NotFound`] if there is none or it is revoked already.
    pub async fn revoke_key(&self, id: &KeyId, now: DateTime<Utc>) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let revoke = "UPDATE api_keys SET revoked_at = $1, revision = $2 WHERE id = $3 AND revoked_at IS NULL";
            let revoke = sqlx::query(revoke).bind(micros(now)).bind(integer(revision)).bind(id.as_str());
            if revoke.execute(write.on()).await?.rows_affected() == 0 {
                return Err(Error::NotFound);
            }
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// The key of this id, revoked or not.
    pub async fn key(&self, id: &KeyId) -> Result<Option<ApiKey>, Error> {
        self.within(async {
            let found = sqlx::query(select!("WHERE id = $1")).bind(id.as_str()).fetch_optional(&self.pool).await?;
            found.as_ref().map(read).transpose()
        })
        .await
    }

    /// Keys, revoked ones too, in the order of their ids: all, or those of one tenant. At most `limit` (1 to
    /// [`MAX_PAGE`](crate::MAX_PAGE)), beginning `after` another page.
    pub async fn keys(&self, tenant: Option<&Tenant>, after: Option<&str>, limit: u16) -> Result<Page<ApiKey>, Error> {
        self.within(async {
            let (after, ask) = (page::key(after)?, page::with_one_more(limit));
            let listing = match tenant {
                None => sqlx::query(select!("WHERE id > $1 ORDER BY id LIMIT $2")).bind(after).bind(ask),
                Some(tenant) => sqlx::query(select!("WHERE tenant = $3 AND id > $1 ORDER BY id LIMIT $2"))
                    .bind(after)
                    .bind(ask)
                    .bind(tenant.as_str()),
            };
            let mut rows = listing.fetch_all(&self.pool).await?;
            let next = page::cut(&mut rows, limit, |last| Ok(last.try_get("id")?))?;
            Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, next })
        })
        .await
    }

    /// Writes down when keys were used last, of the first [`MAX_TOUCHED`]; an earlier time than what is known changes
    /// nothing. No change of the registry.
    pub async fn touch_keys(&self, used: &[(KeyId, DateTime<Utc>)]) -> Result<(), Error> {
        self.within(async {
            let mut write = self.write().await?;
            let touch = "UPDATE api_keys SET last_used_at = $1 WHERE id = $2 AND COALESCE(last_used_at, 0) < $1";
            // In one order, so that two processes do not wait for each other in a circle.
            let mut used: Vec<_> = used.iter().take(MAX_TOUCHED).collect();
            used.sort_unstable();
            for (id, at) in used {
                sqlx::query(touch).bind(micros(*at)).bind(id.as_str()).execute(write.on()).await?;
            }
            write.commit().await
        })
        .await
    }
}

async fn insert(write: &mut Write, key: &ApiKey, revision: u64) -> Result<(), Error> {
    if let Some(tenant) = &key.tenant {
        tenants::must_be_known(write, tenant).await?;
        must_fit(write, tenant, key.created_at).await?;
    }
    let taken = "SELECT id FROM api_keys WHERE id = $1";
    if sqlx::query(taken).bind(key.id.as_str()).fetch_optional(write.on()).await?.is_some() {
        return Err(Error::Exists);
    }
    let insert = "INSERT INTO api_keys (id, tenant, scope, name, hash, revision, created_at, expires_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(insert)
        .bind(key.id.as_str())
        .bind(key.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()))
        .bind(key.scope.as_str())
        .bind(key.name.as_str())
        .bind(STANDARD.encode(key.hash))
        .bind(integer(revision))
        .bind(micros(key.created_at))
        .bind(key.expires_at.map(micros))
        .execute(write.on())
        .await?;
    Ok(())
}

async fn must_fit(write: &mut Write, tenant: &Tenant, now: DateTime<Utc>) -> Result<(), Error> {
    let usable = "SELECT COUNT(*) AS count FROM api_keys \
                  WHERE tenant = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    let row = sqlx::query(usable).bind(tenant.as_str()).bind(micros(now)).fetch_one(write.on()).await?;
    if number(&row, "count")? < MAX_TENANT_KEYS.into() {
        Ok(())
    } else {
        Err(Error::Quota { what: "API keys of a tenant", limit: MAX_TENANT_KEYS })
    }
}

/// The key in a row.
pub(crate) fn read(row: &AnyRow) -> Result<ApiKey, Error> {
    let id: String = row.try_get("id")?;
    let corrupt = |()| Error::corrupt(format_args!("API key {id:?}"));
    let tenant: Option<&str> = row.try_get("tenant")?;
    let scope: &str = row.try_get("scope")?;
    let hash = STANDARD.decode(row.try_get::<&str, _>("hash")?).map_err(drop).map_err(corrupt)?;
    Ok(ApiKey {
        tenant: tenant.map(str::parse::<Tenant>).transpose().map_err(drop).map_err(corrupt)?,
        scope: scope.parse::<Scope>().map_err(drop).map_err(corrupt)?,
        name: row.try_get("name")?,
        hash: hash.try_into().map_err(drop).map_err(corrupt)?,
        created_at: time(row, "created_at")?.ok_or(()).map_err(corrupt)?,
        expires_at: time(row, "expires_at")?,
        last_used_at: time(row, "last_used_at")?,
        revoked_at: time(row, "revoked_at")?,
        revision: number(row, "revision")?,
        id: id.parse().map_err(drop).map_err(corrupt)?,
    })
}
