//! A subscription as a document: what comes in a file and over the API, what is kept and what is shown. One reader, one
//! writer, and what the writer writes the reader reads as the same settings.

mod delivery;
mod destination;
mod patch;
mod payload;
mod read;
mod signing;
mod verification;
mod write;

#[cfg(test)]
mod tests;

use barid_event::Tenant;
use serde_json::Value;

pub(crate) use self::read::{draft, settings};
pub use self::{
    patch::patch,
    signing::reveal,
    write::{Secrets, write},
};
use crate::{
    cursor::Cursor,
    problem::{Problem, Problems},
    settings::Settings,
    signing::{Fresh, Signing},
    tree::Node,
};

/// The longest document of a subscription, a tenant or an event type, in bytes: 256 KiB.
pub const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// Who says what the receiver of a subscription has agreed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consents {
    /// The gateway will ask it; what the document says of it is not read.
    #[default]
    Asked,
    /// The document, which was kept since then; one that asks for a consent and has none is refused.
    Kept,
    /// Nobody: a document that asks for a consent is refused.
    Impossible,
}

/// What reading a document depends on beside the document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    /// Whether destinations may be http as well as https (`security.allow_http`).
    pub allow_http: bool,
    /// What signs now, on an update: schemes keep those secrets that the document does not name.
    pub signing: Option<&'a Signing>,
    /// New secrets for schemes that have none. Without them, such a document is refused.
    pub fresh: Option<&'a Fresh>,
    /// The tenant of the caller, whose subscription it is; a document that names another is refused.
    pub tenant: Option<&'a Tenant>,
    /// Who says what its receiver has agreed to.
    pub consents: Consents,
}

/// The settings that a document describes; or everything that is wrong with it.
pub fn read(value: &Value, reading: &Reading<'_>) -> Result<Settings, Problems> {
    let node = Node::document(value).map_err(Problems::from)?;
    let mut problems = Problems::default();
    let settings = settings(&Cursor::root(&node), reading, &mut problems);
    problems.finish(settings)
}

impl Problems {
    /// What was read, if nothing is wrong. Nothing read and nothing wrong cannot be, and is refused all the same.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Self> {
        let read = self.none_or(read)?;
        read.ok_or_else(|| Problem::whole("cannot be read").into())
    }
}
