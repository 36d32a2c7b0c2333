//! How a destination is spoken to, where that is more than a plain request: headers of the subscription's own, proof of
//! who we are, and whose certificates count. Most destinations have none of it.

use barid_headers::Field;
use sha2::{Digest as _, Sha256};

use super::auth::{Auth, ClientCertificate};

/// The most header fields that a subscription may add to its requests.
pub const MAX_STATIC_HEADERS: usize = 32;
/// How long the names and values of these fields may be together, in bytes: many receivers take no more than 16 KiB of head.
pub const MAX_STATIC_HEADER_BYTES: usize = 12 << 10;
/// The longest certificate chain, private key or bundle of authorities, in bytes of PEM.
pub const MAX_PEM_BYTES: usize = 64 << 10;

/// Headers, authentication and certificate authorities of a destination. Its `Debug` shows names, never values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    headers: Box<[Field]>,
    auth: Auth,
    ca: Option<Box<str>>,
    tls_digest: Option<[u8; 32]>,
}

/// What a TLS connection to a destination takes beyond the system's certificate authorities.
#[derive(Clone, Copy)]
pub struct TlsIdentity<'a> {
    /// SHA-256 of all the rest: equal exactly for equal identities.
    pub digest: &'a [u8; 32],
    /// Certificate authorities beside the system's, as PEM.
    pub ca: Option<&'a str>,
    /// The certificate that we show.
    pub client: Option<&'a ClientCertificate>,
}

/// Why headers, authentication and authorities do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccess {
    /// More than [`MAX_STATIC_HEADERS`].
    #[error("headers has {0} fields: give at most {MAX_STATIC_HEADERS}")]
    TooMany(usize),
    /// More than [`MAX_STATIC_HEADER_BYTES`].
    #[error("headers has {0} bytes in all: give at most {MAX_STATIC_HEADER_BYTES}")]
    TooLong(usize),
    /// Two fields of one name.
    #[error("header `{0}` is there twice: remove one")]
    Twice(String),
    /// A field that the authentication sets.
    #[error("header `{0}` is set by destination.auth: remove it here")]
    OfAuth(String),
}

impl Access {
    /// Requests with these fields, this authentication, and these certificate authorities (PEM) beside the system's.
    pub fn new(headers: Vec<Field>, auth: Auth, ca: Option<&str>) -> Result<Self, InvalidAccess> {
        if headers.len() > MAX_STATIC_HEADERS {
            return Err(InvalidAccess::TooMany(headers.len()));
        }
        let bytes = headers.iter().map(|field| field.name().len() + field.value().len()).sum();
        if bytes > MAX_STATIC_HEADER_BYTES {
            return Err(InvalidAccess::TooLong(bytes));
        }
        for (index, field) in headers.iter().enumerate() {
            if headers[..index].iter().any(|earlier| earlier.name() == field.name()) {
                return Err(InvalidAccess::Twice(field.name().to_owned()));
            }
            if auth.header() == Some(field.name()) {
                return Err(InvalidAccess::OfAuth(field.name().to_owned()));
            }
        }
        let tls_digest = tls_digest(ca, auth.client_certificate());
        Ok(Self { headers: headers.into(), auth, ca: ca.map(Into::into), tls_digest })
    }

    /// Whether there is nothing of it.
    pub fn is_plain(&self) -> bool {
        self.headers.is_empty() && self.auth == Auth::None && self.ca.is_none()
    }

    /// The fields that every request carries.
    pub fn headers(&self) -> &[Field] {
        &self.headers
    }

    /// How we prove who we are.
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// What the TLS connection takes; none if it takes nothing special.
    pub fn tls(&self) -> Option<TlsIdentity<'_>> {
        let digest = self.tls_digest.as_ref()?;
        Some(TlsIdentity { digest, ca: self.ca.as_deref(), client: self.auth.client_certificate() })
    }
}

fn tls_digest(ca: Option<&str>, client: Option<&ClientCertificate>) -> Option<[u8; 32]> {
    if ca.is_none() && client.is_none() {
        return None;
    }
    let parts = [ca.unwrap_or_default(), client.map_or("", |c| &c.certificate), client.map_or("", |c| &c.key)];
    Some(digest(&parts))
}

/// SHA-256 over texts, each with its length before it, so that none can pass for a part of another.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Field {
        Field::of_user(name, "x").unwrap()
    }

    #[test]
    fn refuses_a_header_that_the_authentication_sets() {
        let refused = Access::new(vec![field("authorization")], Auth::bearer("t").unwrap(), None);
        assert_eq!(refused, Err(InvalidAccess::OfAuth("authorization".to_owned())));
        assert!(Access::new(vec![field("authorization")], Auth::None, None).is_ok());
        let refused = Access::new(vec![field("X-Key")], Auth::of_header("x-key", "v").unwrap(), None);
        assert_eq!(refused, Err(InvalidAccess::OfAuth("x-key".to_owned())));
    }

    #[test]
    fn bounds_the_number_and_the_size_of_headers() {
        let many: Vec<_> = (0..=MAX_STATIC_HEADERS).map(|n| field(&format!("x-{n}"))).collect();
        assert_eq!(Access::new(many, Auth::None, None), Err(InvalidAccess::TooMany(33)));
        let long = |name| Field::of_user(name, &"x".repeat(8000)).unwrap();
        assert_eq!(Access::new(vec![long("a"), long("b")], Auth::None, None), Err(InvalidAccess::TooLong(16_002)));
        assert_eq!(Access::new(vec![field("A"), field("a")], Auth::None, None), Err(InvalidAccess::Twice("a".into())));
    }

    #[test]
    fn equal_identities_have_equal_digests_and_others_do_not() {
        let with = |auth, ca| Access::new(vec![], auth, ca).unwrap().tls_digest;
        let mtls = |certificate, key| Auth::mtls(certificate, key).unwrap();
        assert_eq!(with(Auth::None, None), None);
        assert_eq!(with(mtls("c", "k"), Some("a")), with(mtls("c", "k"), Some("a")));
        let all = [
            with(Auth::None, Some("ck")),
            with(mtls("c", "k"), None),
            with(mtls("ck", "x"), None),
            with(mtls("c", "k"), Some("a")),
        ];
        assert!(all.iter().enumerate().all(|(n, one)| one.is_some() && !all[..n].contains(one)));
    }
}
