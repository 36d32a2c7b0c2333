//! Who we are in a TLS handshake, and whom we trust in it beyond the system's certificate authorities: PEM texts of a user,
//! checked before they are used.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// How many certificates a chain or a bundle of authorities may have.
pub const MAX_CERTIFICATES: usize = 100;

/// What every section of PEM begins with.
const BEGIN: &str = "-----BEGIN ";

/// What the first and the last line of every private key end with.
const KEY_LABEL_END: &str = "PRIVATE KEY-----";

/// A TLS identity as somebody wrote it down.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// Certificate authorities beside the system's, as PEM.
    pub ca: Option<&'a str>,
    /// Our certificate with its chain, and its private key, both PEM.
    pub client: Option<(&'a str, &'a str)>,
}

/// Why an identity cannot be used. Never holds a part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// The authorities are no PEM, none, too many, or not alone.
    #[error(
        "holds no certificate that can be read, or something else: give 1 to {MAX_CERTIFICATES} in pem, -----BEGIN \
         CERTIFICATE-----, and nothing else, above all no private key"
    )]
    Ca,
    /// The same of our own certificate.
    #[error(
        "holds no certificate that can be read, or something else: give 1 to {MAX_CERTIFICATES} in pem, -----BEGIN \
         CERTIFICATE-----, and nothing else, above all no private key"
    )]
    Certificate,
    /// The key is no PEM, encrypted, of a kind that TLS does not use, or not alone.
    #[error(
        "holds no private key that can be used, or something else: give one in pem (pkcs8, pkcs1 or sec1), without a \
         password, and nothing else"
    )]
    Key,
    /// The key is another certificate's.
    #[error(
        "does not belong to the certificate: give the key it was issued for, and the certificate first in its chain"
    )]
    Mismatch,
}

impl InvalidIdentity {
    /// Which of the three texts is at fault: `ca`, `certificate` or `key`.
    pub const fn part(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Certificate => "certificate",
            Self::Key | Self::Mismatch => "key",
        }
    }
}

impl Identity<'_> {
    /// Whether TLS can be spoken with it. Who issued what, and until when it is valid, is left to the receiver.
    pub fn check(self) -> Result<(), InvalidIdentity> {
        if let Some(ca) = self.ca {
            let mut store = RootCertStore::empty();
            for certificate in certificates(ca).ok_or(InvalidIdentity::Ca)? {
                store.add(certificate).map_err(|_| InvalidIdentity::Ca)?;
            }
        }
        if let Some((certificate, key)) = self.client {
            let chain = certificates(certificate).ok_or(InvalidIdentity::Certificate)?;
            let key = private_key(key).ok_or(InvalidIdentity::Key)?;
            CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => InvalidIdentity::Mismatch,
                rustls::Error::InvalidCertificate(_) => InvalidIdentity::Certificate,
                _ => InvalidIdentity::Key,
            })?;
        }
        Ok(())
    }

    /// The same builder, which speaks TLS with this identity.
    pub(crate) fn dress(self, mut builder: reqwest::ClientBuilder) -> reqwest::Result<reqwest::ClientBuilder> {
        if let Some(ca) = self.ca {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(ca.as_bytes())?);
        }
        if let Some((certificate, key)) = self.client {
            let both = format!("{certificate}\n{key}\n");
            builder = builder.identity(reqwest::Identity::from_pem(both.as_bytes())?);
        }
        Ok(builder)
    }
}

/// The certificates of a text, at least one, if there is nothing else in it: certificates are shown, keys are not.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    if pem.contains(KEY_LABEL_END) {
        return None;
    }
    let found: Vec<_> = sections(pem)?
        .into_iter()
        .map(|(kind, der)| (kind == SectionKind::Certificate).then(|| der.into()))
        .collect::<Option<_>>()?;
    (1..=MAX_CERTIFICATES).contains(&found.len()).then_some(found)
}

/// The private key of a text, if there is nothing else in it.
fn private_key(pem: &str) -> Option<PrivateKeyDer<'static>> {
    let [(kind, der)] = <[_; 1]>::try_from(sections(pem)?).ok()?;
    PrivateKeyDer::from_pem(kind, der)
}

/// The sections of a text, at most one more than may be; none if one cannot be read.
fn sections(pem: &str) -> Option<Vec<(SectionKind, Vec<u8>)>> {
    let found: Vec<(SectionKind, Vec<u8>)> =
        PemObject::pem_slice_iter(pem.as_bytes()).take(MAX_CERTIFICATES + 1).collect::<Result<_, _>>().ok()?;
    // The reader skips those whose kind it does not know, such as keys with a password.
    (pem.matches(BEGIN).count() == found.len()).then_some(found)
}

/// The process's cryptography; or ours, where nobody has chosen yet.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone)
}

#[cfg(test)]
mod tests {
    use super::{Identity, InvalidIdentity};

    const CA: &str = include_str!("../tests/http/pki/ca.pem");
    const CERTIFICATE: &str = include_str!("../tests/http/pki/acme.pem");
    const KEY: &str = include_str!("../tests/http/pki/acme.key");
    const OTHER_KEY: &str = include_str!("../tests/http/pki/umbrella.key");

    fn client(certificate: &str, key: &str) -> Result<(), InvalidIdentity> {
        Identity { ca: None, client: Some((certificate, key)) }.check()
    }

    #[test]
    fn accepts_a_certificate_with_its_key_and_an_authority() {
        assert_eq!(Identity { ca: Some(CA), client: Some((CERTIFICATE, KEY)) }.check(), Ok(()));
        assert_eq!(Identity { ca: Some(&format!("{CA}{CA}")), client: None }.check(), Ok(()));
    }

    #[test]
    fn names_the_part_that_is_at_fault() {
        assert_eq!(client("garbage", KEY), Err(InvalidIdentity::Certificate));
        assert_eq!(client(CERTIFICATE, "garbage"), Err(InvalidIdentity::Key));
        assert_eq!(client(CERTIFICATE, CERTIFICATE), Err(InvalidIdentity::Key));
        assert_eq!(client(CERTIFICATE, OTHER_KEY), Err(InvalidIdentity::Mismatch));
        let broken = CERTIFICATE.replacen("MII", "AAA", 1);
        assert_eq!(client(&broken, KEY), Err(InvalidIdentity::Certificate));
        for ca in ["", "garbage", KEY, &broken, &CA.repeat(101)] {
            assert_eq!(Identity { ca: Some(ca), client: None }.check(), Err(InvalidIdentity::Ca));
        }
    }

    #[test]
    fn refuses_whatever_else_is_in_a_text() {
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let parameters = "-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        // Not at the start of its line, so no section to the reader, and a key to whoever sees it.
        let indented = KEY.replace('\n', "\n ").replacen("-----BEGIN", " -----BEGIN", 1);
        let headless = KEY.replacen("-----BEGIN PRIVATE KEY-----\n", "", 1);
        for more in [KEY, encrypted, parameters, public, &indented, &headless] {
            for mixed in [format!("{CERTIFICATE}{more}"), format!("{more}{CERTIFICATE}")] {
                assert_eq!(client(&mixed, KEY), Err(InvalidIdentity::Certificate), "{mixed}");
                assert_eq!(Identity { ca: Some(&mixed), client: None }.check(), Err(InvalidIdentity::Ca), "{mixed}");
            }
        }
        for more in [KEY, OTHER_KEY, CERTIFICATE, encrypted, parameters, public] {
            for mixed in [format!("{KEY}{more}"), format!("{more}{KEY}")] {
                assert_eq!(client(CERTIFICATE, &mixed), Err(InvalidIdentity::Key), "{mixed}");
            }
        }
    }

    #[test]
    fn what_passes_is_taken_by_the_client_too() {
        let identity = Identity { ca: Some(CA), client: Some((CERTIFICATE, KEY)) };
        assert!(identity.check().is_ok() && identity.dress(reqwest::Client::builder()).is_ok());
        let commented = format!("subject=CN = acme\n{CERTIFICATE}");
        assert_eq!(client(&commented, KEY), Ok(()));
    }
}
