//! CloudEvents in binary mode: the attributes as headers, by the HTTP binding.

use std::fmt::Write as _;

use barid_event::Envelope;
use serde_json::Value;

/// What the names of attributes begin with.
pub const HEADER_PREFIX: &str = "ce-";

/// The attributes, without the media type of the data, which is the body's `content-type`.
pub(super) fn headers(envelope: &Envelope) -> Result<Vec<(String, String)>, serde_json::Error> {
    let Value::Object(attributes) = serde_json::to_value(envelope)? else {
        return Ok(Vec::new());
    };
    let mut headers = vec![(format!("{HEADER_PREFIX}specversion"), "1.0".to_owned())];
    for (name, value) in &attributes {
        if let Value::String(text) = value
            && name != "datacontenttype"
        {
            headers.push((format!("{HEADER_PREFIX}{name}"), percent_encoded(text)));
        }
    }
    Ok(headers)
}

/// Encodes what the binding demands: everything but visible ASCII, and `"` and `%` of that.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b'!'..=b'~') && byte != b'"' && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_the_binding_demands() {
        assert_eq!(percent_encoded("Euro € 😀 50%\"!~"), "Euro%20%E2%82%AC%20%F0%9F%98%80%2050%25%22!~");
    }
}
