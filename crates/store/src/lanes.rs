//! Pausing, resuming, and the lanes of their own that this takes.

use barid_event::Tenant;
use barid_registry::{OwnLane, SubscriptionId};
use chrono::{DateTime, Utc};
use sqlx::{Row as _, any::AnyRow};

use crate::{
    entry::{Expect, Put, micros},
    error::Error,
    page::MAX_PAGE,
    store::{Store, Write, integer, number},
    subscriptions::GET,
};

/// How many own lanes there may be: each is a queue, which costs the broker memory while idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// Of the subscription's tenant.
    pub tenant: u32,
    /// Of all tenants together.
    pub total: u32,
}

impl Store {
    /// Sets whether a subscription is paused, and its lane. [`Error::Quota`] when a lane is opened beyond the limits.
    pub async fn set_lane(
        &self,
        id: &SubscriptionId,
        paused: bool,
        lane: OwnLane,
        expect: Expect,
        limits: LaneLimits,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            let found = sqlx::query(GET).bind(id.as_str()).fetch_optional(write.on()).await?.ok_or(Error::NotFound)?;
            let before = number(&found, "revision")?;
            expect.check(Some(before))?;
            let old: &str = found.try_get("lane")?;
            if old == lane.as_str() && found.try_get::<i64, _>("paused")? == i64::from(paused) {
                write.cancel().await?;
                return Ok(Put::unchanged(before));
            }
            if old == OwnLane::None.as_str() && lane != OwnLane::None {
                must_fit(&mut write, found.try_get("tenant")?, limits).await?;
            }
            let set = "UPDATE subscriptions SET paused = $1, lane = $2, revision = $3, updated_at = $4 WHERE id = $5";
            sqlx::query(set)
                .bind(i64::from(paused))
                .bind(lane.as_str())
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

    /// Whether one more own lane of this tenant would be within the limits at the moment.
    pub async fn has_room_for_lane(&self, tenant: &Tenant, limits: LaneLimits) -> Result<(), Error> {
        self.within(async {
            let row = sqlx::query(COUNT).bind(tenant.as_str()).fetch_one(&self.pool).await?;
            limits.check(&row)
        })
        .await
    }

    /// Deleted subscriptions that may still have a lane of their own, at most [`MAX_PAGE`](crate::MAX_PAGE). For each: call
    /// [`Store::close_deleted_lane`], delete the queue, then call [`Store::forget_lane`].
    pub async fn deleted_lanes(&self) -> Result<Vec<SubscriptionId>, Error> {
        self.within(async {
            let deleted =
                "SELECT id FROM subscriptions WHERE deleted_at IS NOT NULL AND lane <> 'none' ORDER BY id LIMIT $1";
            let rows = sqlx::query(deleted).bind(i64::from(MAX_PAGE)).fetch_all(&self.pool).await?;
            let ids = rows.iter().map(|row| row.try_get::<&str, _>("id")).collect::<Result<Vec<_>, _>>()?;
            Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
        })
        .await
    }

    /// Claims the lane of a deleted subscription: from now on nobody can open it, even if the subscription is brought back,
    /// until it is gone. `false` if the subscription is back already.
    pub async fn close_deleted_lane(&self, id: &SubscriptionId) -> Result<bool, Error> {
        self.within(async {
            let mut write = self.write().await?;
            let close = "UPDATE subscriptions SET lane = 'closing' WHERE id = $1 AND deleted_at IS NOT NULL";
            let closed = sqlx::query(close).bind(id.as_str()).execute(write.on()).await?.rows_affected();
            write.commit().await?;
            Ok(closed > 0)
        })
        .await
    }

    /// Says that the lane of a deleted subscription is gone. No change of the registry: nobody else knows of it.
    pub async fn forget_lane(&self, id: &SubscriptionId) -> Result<(), Error> {
        self.within(async {
            let mut write = self.write().await?;
            let forget = "UPDATE subscriptions SET lane = 'none' WHERE id = $1 AND deleted_at IS NOT NULL";
            sqlx::query(forget).bind(id.as_str()).execute(write.on()).await?;
            write.commit().await
        })
        .await
    }
}

/// How many own lanes there are, and how many of them are a tenant's.
const COUNT: &str = "SELECT COUNT(*) AS total, \
                     CAST(COALESCE(SUM(CASE WHEN tenant = $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS tenants \
                     FROM subscriptions WHERE lane <> 'none'";

impl LaneLimits {
    fn check(self, counted: &AnyRow) -> Result<(), Error> {
        if number(counted, "tenants")? >= self.tenant.into() {
            Err(Error::Quota { what: "own lanes of a tenant", limit: self.tenant })
        } else if number(counted, "total")? >= self.total.into() {
            Err(Error::Quota { what: "own lanes", limit: self.total })
        } else {
            Ok(())
        }
    }
}

async fn must_fit(write: &mut Write, tenant: &str, limits: LaneLimits) -> Result<(), Error> {
    limits.check(&sqlx::query(COUNT).bind(tenant).fetch_one(write.on()).await?)
}
