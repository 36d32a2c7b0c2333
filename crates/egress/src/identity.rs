//! Who we are in a TLS handshake, and whom we trust in it beyond the system's certificate authorities: PEM texts of a user,
//! checked before they are used.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// How many certificates a chain or a bundle of authorities may have.
pub const MAX_CERTIFICATES: usize = 100;

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
    /// The authorities are no PEM, none, or too many.
    #[error("holds no certificate that can be read: give 1 to {MAX_CERTIFICATES} in pem, -----BEGIN CERTIFICATE-----")]
    Ca,
    /// The same of our own certificate.
    #[error("holds no certificate that can be read: give 1 to {MAX_CERTIFICATES} in pem, -----BEGIN CERTIFICATE-----")]
    Certificate,
    /// The key is no PEM, encrypted, or of a kind that TLS does not use.
    #[error("holds no private key that can be used: give one in pem (pkcs8, pkcs1 or sec1), without a password")]
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
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| InvalidIdentity::Key)?;
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

/// The certificates of a text, at least one.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).take(MAX_CERTIFICATES + 1).collect::<Result<_, _>>().ok()?;
    (1..=MAX_CERTIFICATES).contains(&found.len()).then_some(found)
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
}
