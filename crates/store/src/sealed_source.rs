//! A source's document as the database has it: sealed for its row, and read back.

use barid_inbound::presets;
use barid_registry::{
    Secrets,
    source::{self, SourceId, SourceReading, SourceSettings},
};
use zeroize::Zeroizing;

use crate::{error::Error, master_key::MasterKeys};

/// The place that the document of this source is sealed for.
pub(crate) fn place(id: &str) -> String {
    format!("sources/{id}")
}

/// How what is kept is read.
fn reading() -> SourceReading<'static> {
    SourceReading { presets: presets(), tenant: None, current: None }
}

/// The whole document, with its secrets. [`Error::Unkeepable`] if it would not be read back as it is.
pub(crate) fn text(settings: &SourceSettings) -> Result<Zeroizing<String>, Error> {
    let document = source::write(settings, Secrets::Shown);
    Error::unless_kept(settings, source::read(&document, &reading()))?;
    Ok(Zeroizing::new(document.to_string()))
}

/// The document, opened and understood. The error says which row, and nothing of what is in it.
pub(crate) fn read(keys: &MasterKeys, id: &str, sealed: &str) -> Result<SourceSettings, Error> {
    let plain = keys.open(&place(id), sealed).map_err(|why| Error::corrupt(format_args!("source {id:?} ({why})")))?;
    let unreadable = || Error::corrupt(format_args!("source {id:?}"));
    let value = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
    let settings = source::read(&value, &reading()).map_err(|_| unreadable())?;
    // A document under another's id would take one source's webhooks for another's.
    if settings.id().as_str() == id { Ok(settings) } else { Err(unreadable()) }
}

/// Seals a document for the source's row.
pub(crate) fn seal(keys: &MasterKeys, id: &SourceId, text: &str) -> String {
    keys.seal(&place(id.as_str()), text.as_bytes())
}
