//! A document as the database has it: sealed for its row, and read back.

use barid_event::Tenant;
use barid_inbound::presets;
use barid_registry::{
    Consents, Problems, Reading, Secrets, Settings, document,
    source::{self, SourceReading, SourceSettings},
};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{error::Error, master_key::MasterKeys};

/// What a tenant registers as a document whose secrets must not be read by who sees the database.
pub(crate) trait Sealed: Sized + PartialEq {
    /// The table it is in, which is a part of what it is sealed for.
    const TABLE: &'static str;
    /// What people call one.
    const WHAT: &'static str;

    /// The id of its row.
    fn row(&self) -> String;
    fn tenant(&self) -> &Tenant;
    /// The whole document, with its secrets.
    fn write(&self) -> Value;
    /// What is kept, read.
    fn read(document: &Value) -> Result<Self, Problems>;
}

impl Sealed for Settings {
    const TABLE: &'static str = "subscriptions";
    const WHAT: &'static str = "subscription";

    fn row(&self) -> String {
        self.id().as_str().to_owned()
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn write(&self) -> Value {
        document::write(self, Secrets::Shown)
    }

    /// Whether http is allowed was asked when it was registered; the address guard of every attempt asks again.
    fn read(document: &Value) -> Result<Self, Problems> {
        document::read(document, &Reading { allow_http: true, consents: Consents::Kept, ..Reading::default() })
    }
}

impl Sealed for SourceSettings {
    const TABLE: &'static str = "sources";
    const WHAT: &'static str = "source";

    fn row(&self) -> String {
        self.id().as_str().to_owned()
    }

    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn write(&self) -> Value {
        source::write(self, Secrets::Shown)
    }

    fn read(document: &Value) -> Result<Self, Problems> {
        source::read(document, &SourceReading { presets: presets(), tenant: None, current: None })
    }
}

/// The place that the document of this row is sealed for.
pub(crate) fn place<D: Sealed>(id: &str) -> String {
    format!("{}/{id}", D::TABLE)
}

/// The whole document, with its secrets. [`Error::Unkeepable`] if it would not be read back as it is: what nobody can read is
/// lost.
pub(crate) fn text<D: Sealed>(settings: &D) -> Result<Zeroizing<String>, Error> {
    let document = settings.write();
    Error::unless_kept(settings, D::read(&document))?;
    Ok(Zeroizing::new(document.to_string()))
}

/// The document, opened and understood. The error says which row, and nothing of what is in it.
pub(crate) fn read<D: Sealed>(keys: &MasterKeys, id: &str, sealed: &str) -> Result<D, Error> {
    let what = D::WHAT;
    let plain =
        keys.open(&place::<D>(id), sealed).map_err(|why| Error::corrupt(format_args!("{what} {id:?} ({why})")))?;
    let unreadable = || Error::corrupt(format_args!("{what} {id:?}"));
    let value = serde_json::from_slice(&plain).map_err(|_| unreadable())?;
    let settings = D::read(&value).map_err(|_| unreadable())?;
    // A document under another's id would deliver one's events to another's destination, or take one's webhooks for another's.
    if settings.row() == id { Ok(settings) } else { Err(unreadable()) }
}

/// Seals a document for its row.
pub(crate) fn seal<D: Sealed>(keys: &MasterKeys, id: &str, text: &str) -> String {
    keys.seal(&place::<D>(id), text.as_bytes())
}
