//! The envelope around the data and how both are written.

use std::fmt;

use super::Template;

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// XML with the root element `event`.
    Xml,
    /// `application/x-www-form-urlencoded` with keys such as `data[lines][0][sku]`.
    Form,
}

impl Encoding {
    /// Every encoding, as documents spell it.
    pub(crate) const ALL: [(&'static str, Self); 3] = [("json", Self::Json), ("xml", Self::Xml), ("form", Self::Form)];

    /// How documents spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Form => "form",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a body consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `id`, `type`, `timestamp`, `tenant`, `subject`, `source` and `data`.
    Standard(Encoding),
    /// A `CloudEvent` in structured mode, which is JSON.
    CloudEvents,
    /// A `CloudEvent` in binary mode: attributes in `ce-*` headers, and the data as the body.
    CloudEventsBinary(Encoding),
    /// The data alone.
    Data(Encoding),
    /// What a template makes of the event.
    Template(Template),
}

/// An envelope that does not exist, or not in this encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFormat {
    /// No such envelope.
    #[error("is no envelope: use standard, cloudevents, cloudevents-binary or none")]
    Envelope,
    /// Structured CloudEvents are JSON here.
    #[error("is {0}, which cloudevents is not written in: use json, or the envelope cloudevents-binary")]
    Structured(Encoding),
}

impl Format {
    /// The envelope of this name in this encoding.
    pub fn enveloped(envelope: &str, encoding: Encoding) -> Result<Self, InvalidFormat> {
        match (envelope, encoding) {
            ("standard", encoding) => Ok(Self::Standard(encoding)),
            ("cloudevents", Encoding::Json) => Ok(Self::CloudEvents),
            ("cloudevents", encoding) => Err(InvalidFormat::Structured(encoding)),
            ("cloudevents-binary", encoding) => Ok(Self::CloudEventsBinary(encoding)),
            ("none", encoding) => Ok(Self::Data(encoding)),
            _ => Err(InvalidFormat::Envelope),
        }
    }

    /// The name of the envelope and the encoding, unless it is a template.
    pub fn names(&self) -> Option<(&'static str, Encoding)> {
        match self {
            Self::Standard(encoding) => Some(("standard", *encoding)),
            Self::CloudEvents => Some(("cloudevents", Encoding::Json)),
            Self::CloudEventsBinary(encoding) => Some(("cloudevents-binary", *encoding)),
            Self::Data(encoding) => Some(("none", *encoding)),
            Self::Template(_) => None,
        }
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::Standard(Encoding::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_is_called_what_it_was_made_by() {
        for envelope in ["standard", "cloudevents", "cloudevents-binary", "none"] {
            for (_, encoding) in Encoding::ALL {
                if let Ok(format) = Format::enveloped(envelope, encoding) {
                    assert_eq!(format.names(), Some((envelope, encoding)));
                }
            }
        }
    }

    #[test]
    fn refuses_structured_events_that_are_not_json() {
        let refused = Format::enveloped("cloudevents", Encoding::Xml);
        assert_eq!(refused, Err(InvalidFormat::Structured(Encoding::Xml)));
        assert_eq!(Format::enveloped("soap", Encoding::Xml), Err(InvalidFormat::Envelope));
    }
}
