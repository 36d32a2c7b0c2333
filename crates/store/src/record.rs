//! Rows of all kinds in one shape, sealed parts still sealed: what a mirror takes from the store, and what it writes into
//! its copy on disk.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, any::AnyRow};

use crate::{api_key::ApiKey, api_keys, entry::time, error::Error, store::number};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Tenant,
    EventType,
    Subscription,
    Source,
    Key,
}

/// Every kind, in the order in which they are loaded.
pub(crate) const KINDS: [Kind; 5] = [Kind::Tenant, Kind::EventType, Kind::Subscription, Kind::Source, Kind::Key];

/// A row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) revision: u64,
    /// None once it is deleted or revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<Content>,
}

/// What a row says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// Of a tenant or an event type.
    Document(String),
    /// Its document is sealed.
    Subscription {
        document: String,
        paused: bool,
        lane: String,
    },
    /// Its document is sealed; of the tokens there are hashes.
    Source {
        document: String,
        token: String,
        previous: Option<(String, DateTime<Utc>)>,
    },
    Key(Box<ApiKey>),
}

/// The statements that read a kind: all live rows by id, all rows by revision, and the digest.
struct Reads {
    live: &'static str,
    since: &'static str,
    digest: &'static str,
}

macro_rules! reads {
    ($table:literal, $columns:literal, $gone:literal) => {
        Reads {
            live: concat!(
                "SELECT ",
                $columns,
                " FROM ",
                $table,
                " WHERE ",
                $gone,
                " IS NULL AND id > $1 ORDER BY id LIMIT $2"
            ),
            since: concat!("SELECT ", $columns, " FROM ", $table, " WHERE revision > $1 ORDER BY revision LIMIT $2"),
            digest: concat!(
                "SELECT COUNT(*) AS count, CAST(COALESCE(SUM(revision), 0) AS BIGINT) AS sum FROM ",
                $table,
                " WHERE ",
                $gone,
                " IS NULL"
            ),
        }
    };
}

impl Kind {
    fn reads(self) -> Reads {
        match self {
            Self::Tenant => reads!("tenants", "id, document, revision, deleted_at", "deleted_at"),
            Self::EventType => reads!("event_types", "id, document, revision, deleted_at", "deleted_at"),
            Self::Subscription => {
                reads!("subscriptions", "id, document, paused, lane, revision, deleted_at", "deleted_at")
            }
            Self::Source => {
                reads!("sources", "id, document, token, old_token, old_token_until, revision, deleted_at", "deleted_at")
            }
            Self::Key => reads!(
                "api_keys",
                "id, tenant, scope, name, hash, revision, created_at, expires_at, last_used_at, revoked_at",
                "revoked_at"
            ),
        }
    }

    /// All live rows, by id: after this one, at most so many.
    pub(crate) fn live(self) -> &'static str {
        self.reads().live
    }

    /// All rows changed, by revision: after this one, at most so many.
    pub(crate) fn since(self) -> &'static str {
        self.reads().since
    }

    /// How many live rows there are, and the sum of their revisions.
    pub(crate) fn digest(self) -> &'static str {
        self.reads().digest
    }

    /// What messages call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::EventType => "event type",
            Self::Subscription => "subscription",
            Self::Source => "source",
            Self::Key => "API key",
        }
    }
}

impl Record {
    /// The record in a row of this kind. The content of one that cannot be read is an empty document, which nobody
    /// will understand further on: there it is skipped, and nothing else with it.
    pub(crate) fn of(kind: Kind, row: &AnyRow) -> Result<Self, Error> {
        let gone = if kind == Kind::Key { "revoked_at" } else { "deleted_at" };
        let content = match kind {
            _ if row.try_get::<Option<i64>, _>(gone)?.is_some() => None,
            Kind::Tenant | Kind::EventType => Some(Content::Document(row.try_get("document")?)),
            Kind::Subscription => Some(Content::Subscription {
                document: row.try_get("document")?,
                paused: row.try_get::<i64, _>("paused")? != 0,
                lane: row.try_get("lane")?,
            }),
            Kind::Source => Some(Content::Source {
                document: row.try_get("document")?,
                token: row.try_get("token")?,
                previous: row.try_get::<Option<String>, _>("old_token")?.zip(time(row, "old_token_until")?),
            }),
            Kind::Key => Some(match api_keys::read(row) {
                Ok(key) => Content::Key(Box::new(key)),
                Err(_) => Content::Document(String::new()),
            }),
        };
        Ok(Self { kind, id: row.try_get("id")?, revision: number(row, "revision")?, content })
    }
}
