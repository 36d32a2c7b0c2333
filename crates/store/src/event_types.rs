//! The catalogue of event types in the store: one for the whole installation.

use barid_event::EventType;
use barid_registry::{EventTypeSettings, event_type};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    documents::{Document, Table, table},
    entry::{Expect, Put, Row},
    error::Error,
    page::Page,
    store::Store,
};

impl Document for EventTypeSettings {
    const TABLE: Table = table!("event_types", "event type");

    fn id(&self) -> &str {
        self.event_type.as_str()
    }

    fn write(&self) -> Value {
        event_type::write(self)
    }

    fn read(document: &Value, revision: u64) -> Option<Self> {
        event_type::read(document).ok().map(|read| Self { revision, ..read })
    }
}

impl Store {
    /// Registers an event type or changes it; the revision in `settings` does not count.
    pub async fn put_event_type(
        &self,
        settings: &EventTypeSettings,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<Put, Error> {
        self.put_document(settings, expect, now).await
    }

    /// Deletes an event type. Returns the revision.
    pub async fn delete_event_type(
        &self,
        event_type: &EventType,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> Result<u64, Error> {
        self.within(async {
            let (mut write, revision) = self.change().await?;
            Self::delete_document::<EventTypeSettings>(&mut write, event_type.as_str(), expect, revision, now).await?;
            write.commit().await?;
            Ok(revision)
        })
        .await
    }

    /// An event type.
    pub async fn event_type(&self, event_type: &EventType) -> Result<Option<Row<EventTypeSettings>>, Error> {
        self.document(event_type.as_str()).await
    }

    /// Event types in the order of their names, at most `limit` (1 to [`MAX_PAGE`](crate::MAX_PAGE)), beginning `after`
    /// another page.
    pub async fn event_types(&self, after: Option<&str>, limit: u16) -> Result<Page<Row<EventTypeSettings>>, Error> {
        self.documents(after, limit).await
    }
}
