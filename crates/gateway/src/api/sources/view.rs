//! How a source is shown: its document with secrets masked, and what it has beside that. Its URL is shown when it is made.

use barid_registry::{
    Secrets,
    source::{SourceSettings, SourceToken, write},
};
use barid_store::{RegisteredSource, Row};
use serde_json::{Value, json};

use crate::{
    api::registered::{stamp, time},
    app::App,
};

/// A source, secrets masked.
pub(super) fn view(row: &Row<RegisteredSource>) -> Value {
    let RegisteredSource { settings, tokens } = &row.value;
    let mut shown = draft(settings);
    if let Some((_, until)) = &tokens.previous {
        shown["old_url_until"] = json!(time(*until));
    }
    stamp(&mut shown, row.revision, row.created_at, row.updated_at);
    shown
}

/// A source that would be, secrets masked.
pub(super) fn draft(settings: &SourceSettings) -> Value {
    let mut shown = write(settings, Secrets::Masked);
    shown["id"] = json!(settings.id().as_str());
    shown
}

/// Shows the URL with its token, which was just made, as it will not be shown again.
pub(super) fn reveal(shown: &mut Value, app: &App, token: &SourceToken) {
    shown["url"] = json!(format!("{}/in/{}", app.public_url, token.expose()));
}
