//! What a subscriber receives: which parts of the data, in which envelope, in which encoding; or what a template makes of
//! it. Settings only, checked when they are made; [`shape`](crate::shape) carries them out.

mod format;
mod path;
mod redaction;
mod selection;
mod template;

pub(crate) use self::template::{Escape, compile, render};
pub use self::{
    format::{Encoding, Format, InvalidFormat},
    path::{InvalidPath, MAX_PATH_LENGTH, Path},
    redaction::Redaction,
    selection::{InvalidSelection, MAX_PATHS, Selection},
    template::{
        InvalidTemplate, MAX_TEMPLATE_BYTES, TEMPLATE_FUEL, TEMPLATE_NAMES, TEMPLATE_RECURSION, Template, TemplateFault,
    },
};

/// What a subscriber receives. The default is the standard envelope in JSON with the data untouched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Which parts of the data are there.
    pub selection: Selection,
    /// What becomes of them.
    pub format: Format,
}

impl Payload {
    /// Whether it is the default, for which nothing needs to be parsed.
    pub fn is_default(&self) -> bool {
        matches!(self.format, Format::Standard(Encoding::Json)) && self.selection.is_everything()
    }

    /// Whether two subscriptions with these settings receive different bodies for one event.
    pub fn differs_by_subscription(&self) -> bool {
        self.selection.hashes()
    }
}
