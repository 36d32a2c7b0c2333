//! How a subscription's requests prove who sends them. What becomes a header is made once, when the settings are read, and
//! shared by all requests.

use std::fmt;

use barid_headers::{Field, HeaderError};

use super::access::MAX_PEM_BYTES;
use super::oauth2::OAuth2;

/// The longest user name or password, in bytes: both fit into a header, encoded.
pub const MAX_CREDENTIAL_BYTES: usize = 2048;

const AUTHORIZATION: &str = "authorization";
/// What the value of the header begins with that carries a token.
const BEARER: &str = "Bearer ";

/// How requests prove who sends them. Its `Debug` and the errors show no secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Not at all; the signature speaks for itself.
    #[default]
    None,
    /// By user name and password (RFC 7617).
    Basic(Box<Basic>),
    /// By a token (RFC 6750).
    Bearer(Box<Field>),
    /// By a header of any name.
    Header(Box<Field>),
    /// By a token that is asked for with client credentials (RFC 6749, section 4.4).
    OAuth2(Box<OAuth2>),
    /// By a certificate, in the TLS handshake.
    Mtls(Box<ClientCertificate>),
}

/// A user name and a password, and the header made of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Basic {
    username: String,
    password: String,
    field: Field,
}

/// A certificate chain and its private key, both PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and after it those that lead to the authority.
    pub certificate: Box<str>,
    /// Its private key. A secret.
    pub key: Box<str>,
}

/// Why a means of authentication is refused. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAuth {
    /// Longer than [`MAX_CREDENTIAL_BYTES`].
    #[error("has {0} bytes: give at most {MAX_CREDENTIAL_BYTES}")]
    TooLong(usize),
    /// Empty, where it must not be.
    #[error("is empty: give one")]
    Empty,
    /// A control character.
    #[error("holds a control character: remove it")]
    Control,
    /// A colon in a user name, which ends it.
    #[error("holds a colon, which cannot be sent: use another user name")]
    Colon,
    /// White space in a token.
    #[error("holds white space: give the token alone")]
    WhiteSpace,
    /// The header cannot be sent, or is Barid's own.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A PEM text longer than [`MAX_PEM_BYTES`].
    #[error("has {0} bytes: give at most {MAX_PEM_BYTES} of pem")]
    PemTooLong(usize),
}

/// Refuses what no user name, password, or other short text can be.
pub(crate) fn credential(text: &str) -> Result<&str, InvalidAuth> {
    if text.len() > MAX_CREDENTIAL_BYTES {
        return Err(InvalidAuth::TooLong(text.len()));
    }
    if text.contains(char::is_control) { Err(InvalidAuth::Control) } else { Ok(text) }
}

impl Basic {
    /// These two, of at most [`MAX_CREDENTIAL_BYTES`] each and without control characters; no colon in the user name.
    pub fn new(username: &str, password: &str) -> Result<Self, InvalidAuth> {
        let (username, password) = (credential(username)?, credential(password)?);
        if username.contains(':') {
            return Err(InvalidAuth::Colon);
        }
        let field = Field::basic(username, password)?;
        Ok(Self { username: username.to_owned(), password: password.to_owned(), field })
    }

    /// The user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The password. A secret.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl Auth {
    /// By this token, which is visible ASCII.
    pub fn bearer(token: &str) -> Result<Self, InvalidAuth> {
        if token.is_empty() {
            return Err(InvalidAuth::Empty);
        }
        if token.contains(char::is_whitespace) {
            return Err(InvalidAuth::WhiteSpace);
        }
        Ok(Self::Bearer(Box::new(Field::bearer(token)?)))
    }

    /// By a header of this name and value.
    pub fn of_header(name: &str, value: &str) -> Result<Self, InvalidAuth> {
        if value.is_empty() {
            return Err(InvalidAuth::Empty);
        }
        Ok(Self::Header(Box::new(Field::of_user(name, value)?)))
    }

    /// By this certificate chain with its private key, both PEM. What is in them is checked where TLS is spoken.
    pub fn mtls(certificate: &str, key: &str) -> Result<Self, InvalidAuth> {
        let (certificate, key) = (pem(certificate)?.into(), pem(key)?.into());
        Ok(Self::Mtls(Box::new(ClientCertificate { certificate, key })))
    }

    /// The name of the kind in documents.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "basic",
            Self::Bearer(_) => "bearer",
            Self::Header(_) => "header",
            Self::OAuth2(_) => "oauth2",
            Self::Mtls(_) => "mtls",
        }
    }

    /// The header field that every request carries, if it is known beforehand.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Basic(basic) => Some(&basic.field),
            Self::Bearer(field) | Self::Header(field) => Some(field),
            Self::None | Self::OAuth2(_) | Self::Mtls(_) => None,
        }
    }

    /// The name of the header that this sets, now or when the token is there.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::OAuth2(_) => Some(AUTHORIZATION),
            other => other.field().map(Field::name),
        }
    }

    /// The token of [`Auth::Bearer`]. A secret.
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::Bearer(field) => field.value().strip_prefix(BEARER),
            _ => None,
        }
    }

    /// The certificate of [`Auth::Mtls`].
    pub fn client_certificate(&self) -> Option<&ClientCertificate> {
        match self {
            Self::Mtls(certificate) => Some(certificate),
            _ => None,
        }
    }
}

/// A text that may be PEM: not empty, not too long.
pub(crate) fn pem(text: &str) -> Result<&str, InvalidAuth> {
    if text.trim().is_empty() {
        return Err(InvalidAuth::Empty);
    }
    if text.len() > MAX_PEM_BYTES { Err(InvalidAuth::PemTooLong(text.len())) } else { Ok(text) }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({})", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_header_of_the_rfc() {
        // RFC 7617, section 2.
        let auth = Auth::Basic(Box::new(Basic::new("Aladdin", "open sesame").unwrap()));
        let field = auth.field().unwrap();
        assert_eq!((field.name(), field.value()), ("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        // Section 2.1: in UTF-8.
        let auth = Auth::Basic(Box::new(Basic::new("test", "123£").unwrap()));
        assert_eq!(auth.field().unwrap().value(), "Basic dGVzdDoxMjPCow==");
    }

    #[test]
    fn refuses_credentials_that_cannot_be_sent() {
        assert_eq!(Basic::new("a:b", "").err(), Some(InvalidAuth::Colon));
        assert_eq!(Basic::new("a", "b\r\nhost: c").err(), Some(InvalidAuth::Control));
        assert_eq!(Basic::new("a", &"x".repeat(2049)).err(), Some(InvalidAuth::TooLong(2049)));
        assert_eq!(Auth::bearer(""), Err(InvalidAuth::Empty));
        assert_eq!(Auth::bearer("Bearer t"), Err(InvalidAuth::WhiteSpace));
        assert!(matches!(Auth::of_header("webhook-id", "x"), Err(InvalidAuth::Header(HeaderError::Ours(_)))));
        assert!(matches!(Auth::of_header("x-key", "é"), Err(InvalidAuth::Header(HeaderError::Value(_)))));
    }

    #[test]
    fn prints_no_secret() {
        let all = [
            Auth::bearer("sesame").unwrap(),
            Auth::of_header("x", "sesame").unwrap(),
            Auth::mtls("sesame", "sesame").unwrap(),
        ];
        assert!(!format!("{all:?}").contains("sesame"));
    }
}
