//! TLS before a receiver that knows nothing of it: with a certificate that the system does not trust, and, if asked for, for
//! nobody who cannot show one of the same authority.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Certificates and keys made for tests, PEM. The authority issued all the others.
pub mod pki {
    /// The authority's certificate.
    pub const CA: &str = include_str!("../../crates/egress/tests/http/pki/ca.pem");
    /// A client's certificate.
    pub const CERTIFICATE: &str = include_str!("../../crates/egress/tests/http/pki/acme.pem");
    /// Its key.
    pub const KEY: &str = include_str!("../../crates/egress/tests/http/pki/acme.key");
    /// Another client's key.
    pub const OTHER_KEY: &str = include_str!("../../crates/egress/tests/http/pki/umbrella.key");
    pub(super) const SERVER: &str = include_str!("../../crates/egress/tests/http/pki/server.pem");
    pub(super) const SERVER_KEY: &str = include_str!("../../crates/egress/tests/http/pki/server.key");
}

/// A port that speaks TLS and hands on what comes. Stops when dropped.
pub struct TlsFront {
    address: SocketAddr,
    _stop: DropGuard,
}

impl TlsFront {
    /// In front of `behind`. Clients must show a certificate of the authority if that is `required`.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(behind: SocketAddr, required: bool) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(config(required)?));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let serving = stop.clone().run_until_cancelled_owned(accept(listener, acceptor, behind));
        tokio::spawn(serving);
        Ok(Self { address, _stop: stop.drop_guard() })
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut outer = acceptor.accept(stream).await?;
            let mut inner = TcpStream::connect(behind).await?;
            copy_bidirectional(&mut outer, &mut inner).await
        });
    }
}

fn config(required: bool) -> Result<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = if required {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pki::CA.as_bytes())?)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let chain = vec![CertificateDer::from_pem_slice(pki::SERVER.as_bytes())?];
    Ok(builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(pki::SERVER_KEY.as_bytes())?)?)
}
