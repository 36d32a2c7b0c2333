//! The body that a subscriber receives, and the headers that belong to it.
//!
//! Unless something is to be chosen or encoded, JSON data goes in byte for byte as it was published: numbers keep their
//! digits, objects their order. It was checked to be JSON when the event came in. What has to be taken apart is written
//! anew: keys in alphabetical order, numbers beyond 64 bits as the nearest that a double can hold.

mod binary;
mod form;
mod json;
mod members;
pub(crate) mod xml;

use std::collections::BTreeMap;

use barid_event::{ContentType, Envelope};
use bytes::Bytes;
use serde_json::Value;

use self::members::Content;
pub use self::{
    binary::HEADER_PREFIX,
    json::{STANDARD_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE, standard},
};
use crate::{
    destination::UrlFault,
    id::SubscriptionId,
    payload::{Encoding, Format, Payload, TemplateFault},
};

/// The longest body in XML, as a form or from a template, in bytes: 1 MiB.
pub const MAX_OUTPUT: usize = 1 << 20;
/// The media type of bodies in XML.
pub const XML_CONTENT_TYPE: &str = "application/xml; charset=utf-8";
/// The media type of bodies that are forms.
pub const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// A body, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shaped {
    /// Its media type.
    pub content_type: String,
    /// Headers that belong to it: the attributes of a `CloudEvent` in binary mode.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Why an event cannot be given the shape that a subscription asks for. Trying again would not help. Never holds a value of
/// the event.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Parts are to be chosen of data that has none.
    #[error("the data is {}, of which payload.fields, exclude and redact cannot choose: use them on json only", .0.as_str())]
    NotJson(ContentType),
    /// The data is bytes, and there is no envelope to say so.
    #[error("the data is neither json nor text, which {0} cannot hold alone: use the envelope standard")]
    NotText(Encoding),
    /// Longer than [`MAX_OUTPUT`].
    #[error("the body would have more than {MAX_OUTPUT} bytes: choose fewer fields")]
    TooLong,
    /// The template failed.
    #[error(transparent)]
    Template(#[from] TemplateFault),
    /// The event gives no URL.
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// The data is not the JSON that it was when it came in.
    #[error("the data cannot be read as json")]
    Json(#[from] serde_json::Error),
}

impl ShapeError {
    /// The reason in dead letters: `template` or `shape`.
    pub fn reason(&self) -> &'static str {
        if matches!(self, Self::Template(_) | Self::Url(_)) { "template" } else { "shape" }
    }
}

/// What the subscription of this id receives of an event.
pub fn shape(payload: &Payload, envelope: &Envelope, data: &Bytes, id: &SubscriptionId) -> Result<Shaped, ShapeError> {
    let bytes = || members::bytes(payload, envelope, data, id);
    let content = || Content::of(payload, envelope, data, id);
    let shaped =
        |content_type: &str, body: Bytes| Shaped { content_type: content_type.to_owned(), headers: vec![], body };
    Ok(match &payload.format {
        Format::Standard(Encoding::Json) => shaped(STANDARD_CONTENT_TYPE, standard(envelope, &bytes()?)?),
        Format::Standard(Encoding::Xml) => shaped(XML_CONTENT_TYPE, xml::members(&content()?.members(envelope))?),
        Format::Standard(Encoding::Form) => shaped(FORM_CONTENT_TYPE, form::members(&content()?.members(envelope))?),
        Format::CloudEvents => shaped(STRUCTURED_CONTENT_TYPE, json::structured(envelope, &bytes()?)?),
        Format::CloudEventsBinary(Encoding::Json) => {
            Shaped { headers: binary::headers(envelope)?, ..shaped(envelope.datacontenttype.as_str(), bytes()?) }
        }
        Format::CloudEventsBinary(encoding) => {
            Shaped { headers: binary::headers(envelope)?, ..alone(*encoding, content()?)? }
        }
        Format::Data(Encoding::Json) => {
            let body = bytes()?;
            let is_no_json = body.is_empty() && envelope.datacontenttype.is_json();
            shaped(envelope.datacontenttype.as_str(), if is_no_json { Bytes::from_static(b"null") } else { body })
        }
        Format::Data(encoding) => alone(*encoding, content()?)?,
        Format::Template(template) => {
            let text = template.render(content()?.context(envelope))?;
            shaped(template.content_type().as_str(), text.into())
        }
    })
}

/// The whole event as a template finds it.
pub(crate) fn context(envelope: &Envelope, data: &Bytes) -> Result<BTreeMap<&'static str, Value>, ShapeError> {
    Ok(Content::whole(envelope, data)?.context(envelope))
}

/// The data alone, encoded.
fn alone(encoding: Encoding, content: Content) -> Result<Shaped, ShapeError> {
    let value = content.alone().ok_or(ShapeError::NotText(encoding))?;
    let (content_type, body) = match encoding {
        Encoding::Json => (STANDARD_CONTENT_TYPE, serde_json::to_vec(&value)?.into()),
        Encoding::Xml => (XML_CONTENT_TYPE, xml::value(&value)?),
        Encoding::Form => (FORM_CONTENT_TYPE, form::value(&value)?),
    };
    Ok(Shaped { content_type: content_type.to_owned(), headers: vec![], body })
}

#[cfg(test)]
mod tests;
