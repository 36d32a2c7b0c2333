//! A body as JSON, whatever it was written in. What it may hold is counted before anything is built of it.

mod form;
mod json;
mod xml;

use std::borrow::Cow;

use serde_json::Value;

use crate::{Incoming, Reason};

/// How deep a body may nest.
pub const MAX_BODY_DEPTH: usize = 64;

/// The most values in a body: members, items, fields, elements and attributes.
pub const MAX_BODY_VALUES: usize = 100_000;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// JSON, or nothing that says otherwise.
    Json,
    /// A form of HTML, URL-encoded.
    Form,
    /// XML.
    Xml,
    /// Plain text.
    Text,
}

impl MediaType {
    /// The type that a request claims, or `None` for one that is not read.
    pub(crate) fn of(incoming: &Incoming<'_>) -> Result<Option<Self>, Reason> {
        let Some(text) = incoming.header("content-type")? else { return Ok(Some(Self::Json)) };
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match essence.as_str() {
            "application/json" | "text/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/xml" | "text/xml" => Some(Self::Xml),
            "text/plain" => Some(Self::Text),
            _ if essence.ends_with("+json") => Some(Self::Json),
            _ if essence.ends_with("+xml") => Some(Self::Xml),
            _ => None,
        })
    }
}

/// The body as JSON, null if it is empty. `json_field` is the field of a form that holds JSON.
pub(crate) fn parse(incoming: &Incoming<'_>, json_field: Option<&str>) -> Result<Value, Reason> {
    if incoming.body.is_empty() {
        return Ok(Value::Null);
    }
    let media_type = MediaType::of(incoming)?.ok_or(Reason::MediaType)?;
    let text = text(incoming)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    match media_type {
        MediaType::Json => json::parse(text),
        MediaType::Xml => xml::parse(text),
        MediaType::Text => Ok(text.into()),
        MediaType::Form => {
            let mut fields = form::parse(text)?;
            if let Some(field) = json_field.and_then(|name| fields.get_mut(name))
                && let Value::String(inner) = field
            {
                *field = json::parse(inner)?;
            }
            Ok(fields)
        }
    }
}

/// The parameters of a query, as those of a form.
pub(crate) fn query(text: &str) -> Result<Value, Reason> {
    form::parse(text)
}

/// The body as text, by the charset that its type names.
fn text<'r>(incoming: &Incoming<'r>) -> Result<Cow<'r, str>, Reason> {
    let content_type = incoming.header("content-type")?.unwrap_or_default().to_ascii_lowercase();
    let charset = content_type.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => {
            std::str::from_utf8(incoming.body).map(Cow::Borrowed).map_err(|_| Reason::Charset)
        }
        // Each byte is the character of its number.
        Some("iso-8859-1" | "latin1") => Ok(incoming.body.iter().copied().map(char::from).collect()),
        Some(_) => Err(Reason::Charset),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(content_type: &str, body: &[u8]) -> Result<Value, Reason> {
        let headers: [(&str, &[u8]); 1] = [("Content-Type", content_type.as_bytes())];
        parse(&Incoming { method: "POST", url: "https://a.example/", headers: &headers, body }, Some("payload"))
    }

    #[test]
    fn reads_by_the_media_type() {
        assert_eq!(parsed("application/json; charset=utf-8", b"\xEF\xBB\xBF{\"a\":1}"), Ok(json!({"a": 1})));
        assert_eq!(parsed("application/cloudevents+json", b"[1]"), Ok(json!([1])));
        assert_eq!(parsed("application/x-www-form-urlencoded", b"a=1"), Ok(json!({"a": "1"})));
        assert_eq!(parsed("text/xml", b"<a>1</a>"), Ok(json!({"a": "1"})));
        assert_eq!(parsed("text/plain", b"hello"), Ok(json!("hello")));
        assert_eq!(parsed("application/json", b""), Ok(Value::Null));
    }

    #[test]
    fn reads_json_in_a_field_of_a_form() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(parsed(form, b"payload=%7B%22a%22%3A1%7D&b=2"), Ok(json!({"payload": {"a": 1}, "b": "2"})));
        assert_eq!(parsed(form, b"payload=%7B"), Err(Reason::Malformed));
    }

    #[test]
    fn reads_the_charsets_it_knows() {
        assert_eq!(parsed("text/plain; charset=\"ISO-8859-1\"", b"caf\xe9"), Ok(json!("café")));
        assert_eq!(parsed("text/plain; charset=utf-8", b"caf\xe9"), Err(Reason::Charset));
        assert_eq!(parsed("text/plain; charset=utf-16", b"a"), Err(Reason::Charset));
    }

    #[test]
    fn refuses_uploads() {
        assert_eq!(parsed("multipart/form-data; boundary=x", b"--x--"), Err(Reason::MediaType));
        assert_eq!(parsed("application/octet-stream", b"x"), Err(Reason::MediaType));
    }
}
