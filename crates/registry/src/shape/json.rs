//! Bodies in JSON, written around the data's own bytes.

use barid_event::Envelope;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

/// The media type of [`standard`] bodies.
pub const STANDARD_CONTENT_TYPE: &str = "application/json";

/// The media type of CloudEvents in structured mode.
pub const STRUCTURED_CONTENT_TYPE: &str = "application/cloudevents+json";

/// Everything of the body but the data.
#[derive(Serialize)]
struct Head<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    timestamp: String,
    tenant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    source: &'a str,
    /// Only where the data is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<&'a str>,
}

/// The standard envelope: `{"id", "type", "timestamp", "tenant", "subject", "source", "data"}`.
///
/// The timestamp is the event's time. Data that is no JSON comes as a string where it is UTF-8 text, else as
/// `data_base64`, and `datacontenttype` says what it is. An event without data has `"data": null`.
///
/// # Errors
/// None in practice: there is nothing in an envelope that JSON cannot say.
pub fn standard(envelope: &Envelope, data: &[u8]) -> Result<Bytes, serde_json::Error> {
    let is_json = envelope.datacontenttype.is_json();
    let head = Head {
        id: envelope.id.as_str(),
        event_type: envelope.event_type.as_str(),
        timestamp: timestamp(envelope),
        tenant: envelope.tenant.as_str(),
        subject: envelope.subject.as_ref().map(barid_event::Subject::as_str),
        source: envelope.source.as_str(),
        datacontenttype: (!is_json).then(|| envelope.datacontenttype.as_str()),
    };
    let mut body = Vec::with_capacity(320 + data.len());
    serde_json::to_writer(&mut body, &head)?;
    // The object stays open for the data.
    body.pop();
    finish(&mut body, is_json, if data.is_empty() { b"null" } else { data })?;
    Ok(body.into())
}

/// A `CloudEvent` in structured mode. Without data there is no member `data`.
///
/// # Errors
/// None in practice.
pub(super) fn structured(envelope: &Envelope, data: &[u8]) -> Result<Bytes, serde_json::Error> {
    let mut body = Vec::with_capacity(320 + data.len());
    body.extend_from_slice(b"{\"specversion\":\"1.0\",");
    let attributes = serde_json::to_vec(envelope)?;
    body.extend_from_slice(attributes.get(1..).unwrap_or_default());
    body.pop();
    finish(&mut body, envelope.datacontenttype.is_json(), data)?;
    Ok(body.into())
}

/// The time of an event as the standard envelope has it.
pub(super) fn timestamp(envelope: &Envelope) -> String {
    envelope.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Adds the data to an object that is still open, and closes it.
fn finish(body: &mut Vec<u8>, is_json: bool, data: &[u8]) -> Result<(), serde_json::Error> {
    if data.is_empty() {
        body.push(b'}');
        return Ok(());
    }
    if is_json {
        body.extend_from_slice(b",\"data\":");
        body.extend_from_slice(data);
    } else if let Ok(text) = std::str::from_utf8(data) {
        body.extend_from_slice(b",\"data\":");
        serde_json::to_writer(&mut *body, text)?;
    } else {
        body.extend_from_slice(b",\"data_base64\":\"");
        body.extend_from_slice(STANDARD.encode(data).as_bytes());
        body.push(b'"');
    }
    body.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn envelope(datacontenttype: &str) -> Envelope {
        serde_json::from_value(json!({
            "specversion": "1.0", "id": "e1", "source": "/sales", "type": "deal.won",
            "time": "2026-11-24T10:00:00.5Z", "subject": "deal/7", "tenant": "acme",
            "datacontenttype": datacontenttype,
        }))
        .unwrap()
    }

    #[test]
    fn puts_json_in_byte_for_byte() {
        let data = br#"{"b":1.0,"a":12345678901234567890,"c":"\u00e9"}"#;
        let body = standard(&envelope("application/json"), data).unwrap();
        let expected = r#"{"id":"e1","type":"deal.won","timestamp":"2026-11-24T10:00:00.500Z","tenant":"acme","subject":"deal/7","source":"/sales","data":{"b":1.0,"a":12345678901234567890,"c":"\u00e9"}}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn says_what_data_is_that_is_no_json() {
        let text: Value = serde_json::from_slice(&standard(&envelope("text/plain"), b"a \"b\"").unwrap()).unwrap();
        assert_eq!(text["data"], "a \"b\"");
        assert_eq!(text["datacontenttype"], "text/plain");
        let bytes: Value = serde_json::from_slice(&standard(&envelope("image/png"), b"\xff\x00").unwrap()).unwrap();
        assert_eq!(bytes["data_base64"], "/wA=");
    }

    #[test]
    fn an_event_without_data_has_null() {
        let body = standard(&envelope("application/json"), b"").unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["data"], Value::Null);
    }
}
