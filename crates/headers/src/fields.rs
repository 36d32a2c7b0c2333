//! Request headers that come from users: checked when they are made, so that a request cannot be bent by them.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::form_urlencoded::byte_serialize;

/// How many fields a request may have: 32 of a subscription, 40 attributes of a `CloudEvent`, and ours.
pub const MAX_FIELDS: usize = 96;

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

/// What the names of fields begin with that Barid itself sets: signatures and ids, its own, and attributes of CloudEvents.
const OURS: &[&str] = &["webhook-", "barid-", "ce-"];

/// One header field, which can be sent. Debug output shows the name only: the value may be a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    name: HeaderName,
    value: HeaderValue,
}

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
    /// A field of signatures, of Barid or of CloudEvents.
    #[error("header `{0}` is set by barid itself, as every one that begins with webhook-, barid- or ce-: remove it")]
    Ours(HeaderName),
    /// The media type, which the body decides.
    #[error(
        "header `content-type` follows from the payload: remove it, and use payload.content_type beside a template"
    )]
    ContentType,
    /// Control characters (such as a line break) or characters outside ASCII.
    #[error("the value of header `{0}` has characters that are not visible ascii: remove or encode them")]
    Value(HeaderName),
    /// Longer than [`MAX_VALUE_BYTES`].
    #[error("the value of header `{0}` is too long: use at most {MAX_VALUE_BYTES} bytes")]
    TooLong(HeaderName),
    /// More than [`MAX_FIELDS`].
    #[error("there are too many headers: use at most {MAX_FIELDS}")]
    TooMany,
}

impl Field {
    /// A field that may be sent.
    pub fn new(name: &str, value: &str) -> Result<Self, HeaderError> {
        let name: HeaderName = name.parse().map_err(|_| HeaderError::Name(name.to_owned()))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(HeaderError::Reserved(name));
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(HeaderError::TooLong(name));
        }
        // The library would let bytes beyond ASCII through, which every receiver reads as it likes.
        match HeaderValue::from_str(value) {
            Ok(value) if value.to_str().is_ok() => Ok(Self { name, value }),
            _ => Err(HeaderError::Value(name)),
        }
    }

    /// A field that a user may add to every request: none of those that Barid sets. Its value counts as a secret.
    pub fn of_user(name: &str, value: &str) -> Result<Self, HeaderError> {
        let Self { name, mut value } = Self::new(name, value)?;
        if OURS.iter().any(|ours| name.as_str().starts_with(ours)) {
            return Err(HeaderError::Ours(name));
        }
        if name == CONTENT_TYPE {
            return Err(HeaderError::ContentType);
        }
        value.set_sensitive(true);
        Ok(Self { name, value })
    }

    /// Proof by user name and password (RFC 7617). A colon in the user name would end it.
    pub fn basic(username: &str, password: &str) -> Result<Self, HeaderError> {
        Self::of_user(AUTHORIZATION.as_str(), &format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
    }

    /// Proof of a client to its token endpoint: as [`Field::basic`], both form-encoded before (RFC 6749, section 2.3.1).
    pub fn client(id: &str, secret: &str) -> Result<Self, HeaderError> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        Self::basic(&encoded(id), &encoded(secret))
    }

    /// Proof by a token (RFC 6750).
    pub fn bearer(token: &str) -> Result<Self, HeaderError> {
        Self::of_user(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// The name, in lower case.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The value. May be a secret: not for logs.
    pub fn value(&self) -> &str {
        // Only visible ASCII was let in.
        self.value.to_str().unwrap_or_default()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

impl Headers {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field, in place of an earlier one of the same name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.insert(Field::new(name, value)?)
    }

    /// Sets a field that was made before, in place of an earlier one of the same name. The value is shared, not copied.
    pub fn put(&mut self, field: &Field) -> Result<(), HeaderError> {
        self.insert(field.clone())
    }

    fn insert(&mut self, field: Field) -> Result<(), HeaderError> {
        if self.0.len() >= MAX_FIELDS && !self.0.contains_key(&field.name) {
            return Err(HeaderError::TooMany);
        }
        self.0.insert(field.name, field.value);
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
    use super::{Field, HeaderError, Headers, MAX_FIELDS, MAX_VALUE_BYTES};

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
        for value in ["x\0", "é"] {
            assert!(matches!(headers.set("x-a", value), Err(HeaderError::Value(_))));
        }
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

    #[test]
    fn refuses_fields_of_users_that_barid_sets() {
        for name in ["Webhook-Id", "webhook-request-origin", "barid-hops", "ce-id"] {
            assert!(matches!(Field::of_user(name, "x"), Err(HeaderError::Ours(_))), "{name}");
        }
        assert_eq!(Field::of_user("Content-Type", "text/plain"), Err(HeaderError::ContentType));
        assert!(matches!(Field::of_user("host", "x"), Err(HeaderError::Reserved(_))));
        let field = Field::of_user("X-Team", "sales").unwrap();
        assert_eq!((field.name(), field.value()), ("x-team", "sales"));
        assert_eq!(format!("{field:?}"), "x-team: …");
    }
}
