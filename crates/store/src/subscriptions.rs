//! Subscriptions in the store.

use barid_registry::{OwnLane, Settings, Subscription, SubscriptionId};
use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use crate::{
    entry::{Expect, Put, Row, micros},
    error::Error,
    listing::{Listing, Lists, lists},
    master_key::MasterKeys,
    owned::{Head, Prepared, Table, head, must_find, prepare, readable},
    page::Page,
    sealed,
    store::{Store, integer},
};

/// A subscription as registered, and whether its deliveries flow.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What somebody registered, secrets included.
    pub settings: Settings,
    /// Whether deliveries wait until it is resumed.
    pub paused: bool,
    /// Whether it has a lane of its own.
    pub lane: OwnLane,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant, name, document, paused, lane, revision, created_at, updated_at FROM subscriptions ",
            "WHERE deleted_at IS NULL AND ",
            $rest
        )
    };
}

/// The live row of an id.
pub(crate) const GET: &str = select!("id = $1");

const LISTS: Lists = lists!(select);

const TABLE: Table =
    Table { get: GET, count: "SELECT COUNT(*) AS count FROM subscriptions WHERE tenant = $1 AND deleted_at IS NULL" };

impl Registered {
    /// The subscription as routers and dispatchers use it.
    pub fn compile(&self, revision: u64) -> Subscription {
        Subscription { paused: self.paused, lane: self.lane, revision, ..self.settings.compile() }
    }
}

impl Store {
    /// Registers a subscription, brings a deleted one back, or changes what one says; whether it is paused stays as it
    /// is. The same settings again change nothing.
    ///
    /// [`Error::Quota`] if the tenant has `quota` subscriptions without it, [`Error::UnknownTenant`] if tenants are
    /// registered and its is not, [`Error::Unkeepable`] if what would be kept of it could not be read again.
    pub async fn put_subscription(
        &self,
        settings: &Settings,
        expect: Expect,
        quota: u32,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        let (id, text) = (settings.id(), sealed::text(settings)?);
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let before = match prepare(&mut write, &TABLE, settings, &text, expect, quota).await? {
                Prepared::Unchanged(before) => {
                    write.cancel().await?;
                    return Ok(Put::unchanged(before));
                }
                Prepared::Changed(before) => before,
            };
            // A lane of its own outlives a deletion as long as deliveries may be in it: they are to be consumed.
            let put = "INSERT INTO subscriptions \
                       (id, tenant, name, document, paused, lane, revision, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, 0, 'none', $5, $6, $6) \
                       ON CONFLICT (id) DO UPDATE SET document = $4, revision = $5, updated_at = $6, deleted_at = NULL, \
                       created_at = CASE WHEN subscriptions.deleted_at IS NULL THEN subscriptions.created_at ELSE $6 END";
            sqlx::query(put)
                .bind(id.as_str())
                .bind(settings.tenant.as_str())
                .bind(settings.name.as_str())
                .bind(sealed::seal::<Settings>(write.keys(), id.as_str(), &text))
                .bind(integer(revision))
                .bind(micros(now))
                .execute(write.on())
                .await?;
            write.commit().await?;
            Ok(Put::new(revision, before))
        })
        .await
    }

    /// Deletes a subscription and forgets what it said; that there was one is remembered until [`Store::purge`]. Returns
    /// the revision.
    pub async fn delete_subscription(
        &self,
        id: &SubscriptionId,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            must_find(&mut write, &TABLE, id.as_str(), expect).await?;
            let delete = "UPDATE subscriptions SET document = '', paused = 0, revision = $1, updated_at = $2, \
                          deleted_at = $2, lane = CASE lane WHEN 'none' THEN 'none' ELSE 'retiring' END WHERE id = $3";
            sqlx::query(delete).bind(integer(revision)).bind(micros(now)).bind(id.as_str()).execute(write.on()).await?;
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// A subscription.
    pub async fn subscription(&self, id: &SubscriptionId) -> Result<Option<Row<Registered>>, Error> {
        self.within(async {
            let found = sqlx::query(GET).bind(id.as_str()).fetch_optional(&self.pool).await?;
            found.as_ref().map(|row| read(&self.keys, row)).transpose()
        })
        .await
    }

    /// Whose subscription it is and its revision, which can be told even if what it says cannot be read any more.
    pub async fn subscription_head(&self, id: &SubscriptionId) -> Result<Option<Head>, Error> {
        self.within(async {
            let found = sqlx::query(GET).bind(id.as_str()).fetch_optional(&self.pool).await?;
            found.as_ref().map(head).transpose()
        })
        .await
    }

    /// Subscriptions in the order of tenant and name. One that cannot be read is left out, with a line in the log.
    pub async fn subscriptions(&self, listing: Listing<'_>) -> Result<Page<Row<Registered>>, Error> {
        self.within(async {
            let (rows, next) = listing.rows(&LISTS, &self.pool).await?;
            Ok(Page { items: readable(&rows, "subscription", |row| read(&self.keys, row)), next })
        })
        .await
    }
}

fn read(keys: &MasterKeys, row: &AnyRow) -> Result<Row<Registered>, Error> {
    let id: &str = row.try_get("id")?;
    let settings = sealed::read(keys, id, row.try_get("document")?)?;
    let lane = row.try_get::<&str, _>("lane")?.parse();
    let lane = lane.map_err(|_| Error::corrupt(format_args!("the lane of subscription {id:?}")))?;
    Row::of(row, Registered { settings, paused: row.try_get::<i64, _>("paused")? != 0, lane })
}
