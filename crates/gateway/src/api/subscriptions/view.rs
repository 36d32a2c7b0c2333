//! How a subscription is shown: its document with secrets masked, and what it has beside that.

use barid_registry::{Secrets, Settings, Signing, document};
use barid_store::{Registered, Row};
use serde_json::{Map, Value, json};

use crate::api::registered::{stamp, time};

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

/// Shows the newest secret, which was just made, as it will not be shown again.
pub(super) fn reveal_newest(shown: &mut Value, signing: &Signing) {
    let secrets = signing.keys().iter().enumerate().map(|(number, key)| {
        let text = if number == 0 { key.secret.expose().to_string() } else { key.secret.masked() };
        let mut secret = Map::from_iter([("secret".to_owned(), json!(text))]);
        if let Some(until) = key.until {
            secret.insert("until".to_owned(), json!(time(until)));
        }
        Value::Object(secret)
    });
    shown["signing"] = json!({"scheme": "standard", "secrets": secrets.collect::<Value>()});
}
