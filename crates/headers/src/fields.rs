//! Request headers that come from users: checked when they are set, so that a request cannot be bent by them.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// How many fields a request may have.
pub const MAX_FIELDS: usize = 64;

/// How long a value may be, in bytes. Bearer tokens of some identity providers reach 4 KiB.
pub const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Fields that belong to the connection or frame the message. A user who could set them could split requests, pose as
/// another host or ask for a compressed answer that we would have to inflate.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The header fields of a request. Debug output shows the names only: values may be credentials.
#[derive(Clone, Default)]
pub struct Headers(HeaderMap);

/// Why a header field is refused. The value is not repeated, since it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a token of RFC 9110.
    #[error("header name `{0}` is not valid: use letters, digits and hyphens")]
    Name(String),
    /// A field that only the HTTP client may set.
    #[error("header `{0}` is set by barid itself: remove it")]
    Reserved(HeaderName),
    /// Control characters (such as a line break) or characters outside ASCII.
    #[error("the value of header `{0}` has characters that are not visible ascii: remove or encode them")]
    Value(HeaderName),
    /// Longer than 8 KiB.
    #[error("the value of header `{0}` is too long: use at most {MAX_VALUE_BYTES} bytes")]
    TooLong(HeaderName),
    /// More than 64 fields.
    #[error("there are too many headers: use at most {MAX_FIELDS}")]
    TooMany,
}

impl Headers {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field, in place of an earlier one of the same name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let name: HeaderName = name.parse().map_err(|_| HeaderError::Name(name.to_owned()))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(HeaderError::Reserved(name));
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(HeaderError::TooLong(name));
        }
        if self.0.len() >= MAX_FIELDS && !self.0.contains_key(&name) {
            return Err(HeaderError::TooMany);
        }
        let Ok(value) = HeaderValue::from_str(value) else {
            return Err(HeaderError::Value(name));
        };
        self.0.insert(name, value);
        Ok(())
    }

    /// The fields, names in lower case, in the order in which they were first set. Values may be secrets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The fields for an HTTP client.
    pub fn into_map(self) -> HeaderMap {
        self.0
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderError, Headers, MAX_FIELDS, MAX_VALUE_BYTES};

    #[test]
    fn sets_a_field_once_whatever_the_case_of_its_name() {
        let mut headers = Headers::new();
        headers.set("X-Team", "sales").unwrap();
        headers.set("x-team", "support").unwrap();
        let map = headers.into_map();
        assert_eq!(map.len(), 1);
        assert_eq!(map["x-team"], "support");
    }

    #[test]
    fn refuses_fields_that_frame_the_message() {
        for name in ["Host", "content-length", "Transfer-Encoding", "connection", "accept-encoding"] {
            let refused = Headers::new().set(name, "x").unwrap_err();
            assert!(matches!(refused, HeaderError::Reserved(_)), "{name}");
        }
    }

    #[test]
    fn refuses_line_breaks_in_names_and_values() {
        let mut headers = Headers::new();
        assert!(matches!(headers.set("x-a\r\nhost", "x"), Err(HeaderError::Name(_))));
        assert!(matches!(headers.set("x-a", "x\r\nhost: y"), Err(HeaderError::Value(_))));
        assert!(matches!(headers.set("x-a", "x\0"), Err(HeaderError::Value(_))));
    }

    #[test]
    fn bounds_the_length_of_a_value_and_the_number_of_fields() {
        let mut headers = Headers::new();
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        assert!(matches!(headers.set("x-long", &long), Err(HeaderError::TooLong(_))));
        for n in 0..MAX_FIELDS {
            headers.set(&format!("x-{n}"), "x").unwrap();
        }
        assert_eq!(headers.set("x-more", "x"), Err(HeaderError::TooMany));
        assert_eq!(headers.set("x-0", "replaced"), Ok(()));
    }

    #[test]
    fn debug_output_hides_values() {
        let mut headers = Headers::new();
        headers.set("authorization", "Bearer secret").unwrap();
        assert_eq!(format!("{headers:?}"), r#"{"authorization"}"#);
    }
}
