//! Tenants and event types: both are one document under one id, with nothing secret in it, so one set of statements
//! serves them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Row as _, any::AnyRow};

use crate::{
    entry::{Expect, Put, Row, micros},
    error::Error,
    page::{self, Page},
    store::{Store, Write, integer, number},
};

/// What is kept as one document.
pub(crate) trait Document: Sized {
    /// Where.
    const TABLE: Table;
    /// Under which id.
    fn id(&self) -> &str;
    /// In which words.
    fn write(&self) -> Value;
    /// From such words; none if they are not understood.
    fn read(document: &Value, revision: u64) -> Option<Self>;
}

/// The statements of one table.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    /// What messages call an entry of it.
    what: &'static str,
    get: &'static str,
    put: &'static str,
    delete: &'static str,
    list: &'static str,
}

macro_rules! table {
    ($table:literal, $what:literal) => {
        $crate::documents::Table::new(
            $what,
            concat!(
                "SELECT id, document, revision, created_at, updated_at FROM ",
                $table,
                " WHERE id = $1 AND deleted_at IS NULL"
            ),
            concat!(
                "INSERT INTO ",
                $table,
                " (id, document, revision, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) ",
                "ON CONFLICT (id) DO UPDATE SET document = $2, revision = $3, updated_at = $4, deleted_at = NULL, ",
                "created_at = CASE WHEN ",
                $table,
                ".deleted_at IS NULL THEN ",
                $table,
                ".created_at ELSE $4 END"
            ),
            concat!("UPDATE ", $table, " SET deleted_at = $2, updated_at = $2, revision = $3 WHERE id = $1"),
            concat!(
                "SELECT id, document, revision, created_at, updated_at FROM ",
                $table,
                " WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2"
            ),
        )
    };
}
pub(crate) use table;

impl Table {
    pub(crate) const fn new(
        what: &'static str,
        get: &'static str,
        put: &'static str,
        delete: &'static str,
        list: &'static str,
    ) -> Self {
        Self { what, get, put, delete, list }
    }
}

impl Store {
    pub(crate) async fn put_document<D: Document>(
        &self,
        document: &D,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let text = document.write().to_string();
            let found = sqlx::query(D::TABLE.get).bind(document.id()).fetch_optional(write.on()).await?;
            let before = found.as_ref().map(|row| number(row, "revision")).transpose()?;
            expect.check(before)?;
            if let (Some(row), Some(before)) = (&found, before)
                && row.try_get::<&str, _>("document")? == text
            {
                write.cancel().await?;
                return Ok(Put::unchanged(before));
            }
            sqlx::query(D::TABLE.put)
                .bind(document.id())
                .bind(text)
                .bind(integer(revision))
                .bind(micros(now))
                .execute(write.on())
                .await?;
            write.commit().await?;
            Ok(Put::new(revision, before))
        })
        .await
    }

    /// Within a transaction that has the revision; the caller commits.
    pub(crate) async fn delete_document<D: Document>(
        write: &mut Write,
        id: &str,
        expect: Expect,
        revision: u64,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let found = sqlx::query(D::TABLE.get).bind(id).fetch_optional(write.on()).await?.ok_or(Error::NotFound)?;
        expect.check(Some(number(&found, "revision")?))?;
        sqlx::query(D::TABLE.delete).bind(id).bind(micros(now)).bind(integer(revision)).execute(write.on()).await?;
        Ok(())
    }

    pub(crate) async fn document<D: Document>(&self, id: &str) -> Result<Option<Row<D>>, Error> {
        self.within(async {
            let found = sqlx::query(D::TABLE.get).bind(id).fetch_optional(&self.pool).await?;
            found.as_ref().map(read).transpose()
        })
        .await
    }

    pub(crate) async fn documents<D: Document>(&self, after: Option<&str>, limit: u16) -> Result<Page<Row<D>>, Error> {
        self.within(async {
            let listing = sqlx::query(D::TABLE.list).bind(page::key(after)?).bind(page::with_one_more(limit));
            let mut rows = listing.fetch_all(&self.pool).await?;
            let next = page::cut(&mut rows, limit, |last| Ok(last.try_get("id")?))?;
            Ok(Page { items: rows.iter().map(read).collect::<Result<_, _>>()?, next })
        })
        .await
    }
}

fn read<D: Document>(row: &AnyRow) -> Result<Row<D>, Error> {
    let id: &str = row.try_get("id")?;
    let document = serde_json::from_str(row.try_get("document")?).ok();
    let value = document.and_then(|document| D::read(&document, number(row, "revision").ok()?));
    Row::of(row, value.ok_or_else(|| Error::corrupt(format_args!("{} {id:?}", D::TABLE.what)))?)
}
