//! A subscription's document as the database has it: sealed for its row, and read back.

use barid_registry::{Consents, Reading, Secrets, Settings, SubscriptionId, document};
use zeroize::Zeroizing;

use crate::{error::Error, master_key::MasterKeys};

/// The place that the document of this subscription is sealed for.
pub(crate) fn place(id: &str) -> String {
    format!("subscriptions/{id}")
}

/// How what is kept is read. Whether http is allowed was asked when it was registered; the address guard of every attempt
/// asks again.
fn reading() -> Reading<'static> {
    Reading { allow_http: true, consents: Consents::Kept, ..Reading::default() }
}

/// The whole document, with its secrets. [`Error::Unkeepable`] if it would not be read back as it is: a subscription that
/// nobody can read is a subscription lost.
pub(crate) fn text(settings: &Settings) -> Result<Zeroizing<String>, Error> {
    let document = document::write(settings, Secrets::Shown);
    Error::unless_kept(settings, document::read(&document, &reading()))?;
    Ok(Zeroizing::new(document.to_string()))
}

/// The document, opened and understood. The error says which row, and nothing of what is in it.
pub(crate) fn read(keys: &MasterKeys, id: &str, sealed: &str) -> Result<Settings, Error> {
    let plain =
        keys.open(&place(id), sealed).map_err(|why| Error::corrupt(format_args!("subscription {id:?} ({why})")))?;
    let unreadable = || Error::corrupt(format_args!("subscription {id:?}"));
    let value = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
    let settings = document::read(&value, &reading()).map_err(|_| unreadable())?;
    // A document under another's id would deliver one subscription's events to another's destination.
    if settings.id().as_str() == id { Ok(settings) } else { Err(unreadable()) }
}

/// Seals a document for the subscription's row.
pub(crate) fn seal(keys: &MasterKeys, id: &SubscriptionId, text: &str) -> String {
    keys.seal(&place(id.as_str()), text.as_bytes())
}
