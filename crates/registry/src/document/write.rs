//! Writing a document: always every key but a filter that is not there, in one order, with the defaults that are in force, so that two documents say the
//! same exactly if they are the same.

use std::time::Duration;

use barid_event::Pattern;
use serde_json::{Value, json};

use super::{delivery, destination, payload, signing, verification};
use crate::settings::Settings;

/// What becomes of the secrets: those that sign, those that authenticate, header values, and URLs beyond their origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Written out: for the store, where the document is sealed, and for who asks for exactly that.
    Shown,
    /// `https://host/…`, `whsec_…` with the last four characters, and `…` for the rest. Public keys are none and stay.
    Masked,
}

/// The canonical document of these settings.
pub fn write(settings: &Settings, secrets: Secrets) -> Value {
    let events: Vec<_> = settings.patterns.iter().map(Pattern::as_str).collect();
    let mut document = json!({
        "name": settings.name.as_str(),
        "tenant": settings.tenant.as_str(),
        "events": events,
        "payload": payload::write(&settings.payload),
        "destination": destination::write(&settings.destination, secrets),
        "signing": signing::write(&settings.signing, secrets),
        "delivery": delivery::write(&settings.policy),
    });
    if let Some(verification) = &settings.verification {
        document["destination"]["verification"] = verification::write(verification);
    }
    if let Some(filter) = &settings.filter {
        document["filter"] = filter.source().into();
    }
    document
}

pub(super) fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}
