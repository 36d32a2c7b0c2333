//! The bytes that are signed, part by part, without a copy of the body.

use std::borrow::Cow;

use barid_registry::source::verification::{Part, Signed};
use url::form_urlencoded;

use crate::Incoming;

/// Escapes that HubSpot undoes before it signs, by their code in upper case.
const DECODED: [(&str, u8); 12] = [
    ("3A", b':'),
    ("2F", b'/'),
    ("3F", b'?'),
    ("40", b'@'),
    ("21", b'!'),
    ("24", b'$'),
    ("27", b'\''),
    ("28", b'('),
    ("29", b')'),
    ("2A", b'*'),
    ("2C", b','),
    ("3B", b';'),
];

/// What a template is filled with.
pub(crate) struct Filling<'r> {
    pub(crate) incoming: Incoming<'r>,
    pub(crate) id: &'r str,
    pub(crate) timestamp: &'r str,
    /// The fields of the body, if it is a form.
    pub(crate) sorted_form: Vec<u8>,
}

impl Filling<'_> {
    /// Hands every part to `write`, in order.
    pub(crate) fn feed(&self, signed: &Signed, secret: &[u8], mut write: impl FnMut(&[u8])) {
        let Self { incoming, id, timestamp, sorted_form } = self;
        for part in signed.parts() {
            match part {
                Part::Literal(text) => write(text.as_bytes()),
                Part::Method => write(incoming.method.as_bytes()),
                Part::Url => write(incoming.url.as_bytes()),
                Part::DecodedUrl => write(&decoded_url(incoming.url)),
                Part::Path => write(incoming.path().as_bytes()),
                Part::Id => write(id.as_bytes()),
                Part::Timestamp => write(timestamp.as_bytes()),
                Part::Body => write(incoming.body),
                Part::Secret => write(secret),
                Part::SortedForm => write(sorted_form),
            }
        }
    }
}

/// The fields of a form as Twilio and Mandrill sign them: by name, then value, each once.
pub(crate) fn sorted_form(body: &[u8]) -> Vec<u8> {
    let mut fields: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(body).collect();
    fields.sort();
    fields.dedup();
    let mut sorted = Vec::with_capacity(body.len());
    for (name, value) in fields {
        sorted.extend_from_slice(name.as_bytes());
        sorted.extend_from_slice(value.as_bytes());
    }
    sorted
}

fn decoded_url(url: &str) -> Vec<u8> {
    let mut rest = url;
    let mut decoded = Vec::with_capacity(url.len());
    while let Some((before, after)) = rest.split_once('%') {
        decoded.extend_from_slice(before.as_bytes());
        let code = after.get(..2).map(str::to_ascii_uppercase).unwrap_or_default();
        if let Some((code, byte)) = DECODED.iter().find(|(known, _)| *known == code) {
            decoded.push(*byte);
            rest = &after[code.len()..];
        } else {
            decoded.push(b'%');
            rest = after;
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_some_escapes_and_no_others() {
        assert_eq!(decoded_url("https://a/%3a%2F?b=%20%40%25%2").as_slice(), b"https://a/:/?b=%20@%25%2");
    }

    #[test]
    fn sorts_a_form() {
        assert_eq!(sorted_form(b"b=2&a=%2B1&b=1&a=%2B1"), b"a+1b1b2");
    }
}
