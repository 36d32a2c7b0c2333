//! Sources in the store: what somebody registered, sealed, and the hashes of the tokens in its URL.

use barid_registry::source::{SourceId, SourceSettings, SourceTokens, TokenHash};
use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use crate::{
    entry::{Expect, Put, Row, micros, time},
    error::Error,
    listing::{Listing, Lists, lists},
    master_key::MasterKeys,
    owned::{Head, Prepared, Table, head, must_find, prepare, readable},
    page::Page,
    sealed,
    store::{Store, integer},
};

/// The most sources of one tenant.
pub const MAX_TENANT_SOURCES: u32 = 500;

/// A source as registered, and the tokens that it answers to.
#[derive(Clone, Debug)]
pub struct RegisteredSource {
    /// What somebody registered, secrets included.
    pub settings: SourceSettings,
    /// What its URL ends in, hashed.
    pub tokens: SourceTokens,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant, name, document, token, old_token, old_token_until, revision, created_at, updated_at ",
            "FROM sources WHERE deleted_at IS NULL AND ",
            $rest
        )
    };
}

/// The live row of an id.
const GET: &str = select!("id = $1");

const LISTS: Lists = lists!(select);

const TABLE: Table =
    Table { get: GET, count: "SELECT COUNT(*) AS count FROM sources WHERE tenant = $1 AND deleted_at IS NULL" };

impl Store {
    /// Registers a source, brings a deleted one back, or changes what one says. The token counts for one that was not
    /// there; else the tokens stay. The same settings again change nothing.
    ///
    /// [`Error::Quota`] if the tenant has [`MAX_TENANT_SOURCES`] without it, [`Error::UnknownTenant`] if tenants are
    /// registered and its is not, [`Error::Unkeepable`] if what would be kept of it could not be read again.
    pub async fn put_source(
        &self,
        settings: &SourceSettings,
        token: &TokenHash,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        let (id, text) = (settings.id(), sealed::text(settings)?);
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let before = match prepare(&mut write, &TABLE, settings, &text, expect, MAX_TENANT_SOURCES).await? {
                Prepared::Unchanged(before) => {
                    write.cancel().await?;
                    return Ok(Put::unchanged(before));
                }
                Prepared::Changed(before) => before,
            };
            let put = "INSERT INTO sources (id, tenant, name, document, token, revision, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
                       ON CONFLICT (id) DO UPDATE SET document = $4, revision = $6, updated_at = $7, deleted_at = NULL, \
                       token = CASE WHEN sources.deleted_at IS NULL THEN sources.token ELSE $5 END, \
                       created_at = CASE WHEN sources.deleted_at IS NULL THEN sources.created_at ELSE $7 END";
            sqlx::query(put)
                .bind(id.as_str())
                .bind(settings.tenant.as_str())
                .bind(settings.name.as_str())
                .bind(sealed::seal::<SourceSettings>(write.keys(), id.as_str(), &text))
                .bind(token.as_str())
                .bind(integer(revision))
                .bind(micros(now))
                .execute(write.on())
                .await?;
            write.commit().await?;
            Ok(Put::new(revision, before))
        })
        .await
    }

    /// Has a source answer to these tokens.
    pub async fn set_source_tokens(
        &self,
        id: &SourceId,
        tokens: &SourceTokens,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let before = must_find(&mut write, &TABLE, id.as_str(), expect).await?;
            let previous = tokens.previous.as_ref();
            let set = "UPDATE sources SET token = $1, old_token = $2, old_token_until = $3, revision = $4, updated_at = $5 \
                       WHERE id = $6";
            sqlx::query(set)
                .bind(tokens.current.as_str())
                .bind(previous.map(|(hash, _)| hash.as_str()))
                .bind(previous.map(|(_, until)| micros(*until)))
                .bind(integer(revision))
                .bind(micros(now))
                .bind(id.as_str())
                .execute(write.on())
                .await?;
            write.commit().await?;
            Ok(Put::new(revision, Some(before)))
        })
        .await
    }

    /// Deletes a source and forgets what it said and which tokens it had. Returns the revision.
    pub async fn delete_source(&self, id: &SourceId, expect: Expect, now: DateTime<Utc>) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            must_find(&mut write, &TABLE, id.as_str(), expect).await?;
            let delete = "UPDATE sources SET document = '', token = '', old_token = NULL, old_token_until = NULL, \
                          revision = $1, updated_at = $2, deleted_at = $2 WHERE id = $3";
            sqlx::query(delete).bind(integer(revision)).bind(micros(now)).bind(id.as_str()).execute(write.on()).await?;
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// A source.
    pub async fn source(&self, id: &SourceId) -> Result<Option<Row<RegisteredSource>>, Error> {
        self.within(async {
            let found = sqlx::query(GET).bind(id.as_str()).fetch_optional(&self.pool).await?;
            found.as_ref().map(|row| read(&self.keys, row)).transpose()
        })
        .await
    }

    /// Whose source it is and its revision, which can be told even if what it says cannot be read any more.
    pub async fn source_head(&self, id: &SourceId) -> Result<Option<Head>, Error> {
        self.within(async {
            let found = sqlx::query(GET).bind(id.as_str()).fetch_optional(&self.pool).await?;
            found.as_ref().map(head).transpose()
        })
        .await
    }

    /// Sources in the order of tenant and name. One that cannot be read is left out, with a line in the log.
    pub async fn sources(&self, listing: Listing<'_>) -> Result<Page<Row<RegisteredSource>>, Error> {
        self.within(async {
            let (rows, next) = listing.rows(&LISTS, &self.pool).await?;
            Ok(Page { items: readable(&rows, "source", |row| read(&self.keys, row)), next })
        })
        .await
    }
}

fn read(keys: &MasterKeys, row: &AnyRow) -> Result<Row<RegisteredSource>, Error> {
    let id: &str = row.try_get("id")?;
    let settings = sealed::read(keys, id, row.try_get("document")?)?;
    Row::of(row, RegisteredSource { settings, tokens: tokens(row)? })
}

/// The tokens in a row.
pub(crate) fn tokens(row: &AnyRow) -> Result<SourceTokens, Error> {
    let corrupt = || Error::corrupt("the token of a source");
    let hash = |text: &str| text.parse::<TokenHash>().map_err(|_| corrupt());
    let old = row.try_get::<Option<&str>, _>("old_token")?.map(hash).transpose()?;
    let previous = old.zip(time(row, "old_token_until")?);
    Ok(SourceTokens { current: hash(row.try_get("token")?)?, previous })
}
