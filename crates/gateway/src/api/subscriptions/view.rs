//! How a subscription is shown: its document with secrets masked, and what it has beside that.

use barid_registry::{Fresh, Secrets, Settings, Signing, document};
use barid_store::{Registered, Row};
use serde_json::{Value, json};

use crate::api::registered::stamp;

/// A subscription, secrets masked.
pub(super) fn view(row: &Row<Registered>) -> Value {
    let Registered { settings, paused, lane: _ } = &row.value;
    let mut shown = draft(settings);
    shown["paused"] = json!(paused);
    stamp(&mut shown, row.revision, row.created_at, row.updated_at);
    shown
}

/// A subscription that would be, secrets masked.
pub(super) fn draft(settings: &Settings) -> Value {
    let mut shown = document::write(settings, Secrets::Masked);
    shown["id"] = json!(settings.id().as_str());
    shown
}

/// Shows those secrets that were made just now, as they will not be shown again.
pub(super) fn reveal(shown: &mut Value, signing: &Signing, fresh: &Fresh) {
    shown["signing"] = document::reveal(signing, fresh);
}
