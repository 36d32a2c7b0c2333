//! TLS identities: authorities beside the system's, client certificates, and who shares connections with whom.
//!
//! The certificates in `pki/` (P-256, valid for a hundred years) were made for these tests with openssl and are worth nothing
//! elsewhere; the keys of their authorities were thrown away. `ca.pem` issued `server`, `acme` and `umbrella`.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use barid_egress::{Access, Clients, Failure, FailureKind, Identity, Response, Url, install_crypto_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{GENEROUS, config, request};

const CA: &str = include_str!("pki/ca.pem");
const SERVER: (&str, &str) = (include_str!("pki/server.pem"), include_str!("pki/server.key"));
const ACME: (&str, &str) = (include_str!("pki/acme.pem"), include_str!("pki/acme.key"));
const UMBRELLA: (&str, &str) = (include_str!("pki/umbrella.pem"), include_str!("pki/umbrella.key"));
const STRANGER: (&str, &str) = (include_str!("pki/stranger.pem"), include_str!("pki/stranger.key"));

/// The certificate of each connection that came in, if it showed one.
type Seen = Arc<Mutex<Vec<Option<CertificateDer<'static>>>>>;

/// A receiver with the certificate `server`, which keeps connections open.
struct Secure {
    url: Url,
    seen: Seen,
}

impl Secure {
    /// Whoever connects must show a certificate of `ca.pem`, if that is `required`.
    async fn start(required: bool) -> io::Result<Self> {
        install_crypto_provider();
        let acceptor = TlsAcceptor::from(Arc::new(server(required).map_err(io::Error::other)?));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://{}/hook", listener.local_addr()?);
        let seen = Seen::default();
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&all)));
            }
        });
        Ok(Self { url: Url::parse(&url).map_err(io::Error::other)?, seen })
    }

    fn seen(&self) -> Vec<Option<CertificateDer<'static>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn server(required: bool) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let builder = if required {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CA.as_bytes())?)?;
        ServerConfig::builder().with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build()?)
    } else {
        ServerConfig::builder().with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes())?;
    Ok(builder.with_single_cert(vec![CertificateDer::from_pem_slice(SERVER.0.as_bytes())?], key)?)
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, seen: Seen) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).map(|first| first.clone().into_owned());
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
    let mut bytes = Vec::new();
    loop {
        while !bytes.ends_with(b"\r\n\r\n{}") {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        }
        bytes.clear();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
    }
}

async fn send(
    clients: &Clients,
    url: &Url,
    owner: &str,
    client: Option<(&str, &str)>,
    digest: u8,
) -> Result<Response, Failure> {
    let tls = Some((Identity { ca: Some(CA), client }, &[digest; 32]));
    clients.send(request(url, GENEROUS), Access { owner, tls, grant: None }).await
}

#[tokio::test]
async fn an_authority_is_trusted_for_whoever_named_it_alone() {
    let receiver = Secure::start(false).await.unwrap();
    let clients = Clients::new(config()).unwrap();
    assert_eq!(send(&clients, &receiver.url, "acme", None, 1).await.unwrap().status, 200);
    let failure = clients.shared().send(request(&receiver.url, GENEROUS)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_a_wrong_one_refused() {
    let receiver = Secure::start(true).await.unwrap();
    let clients = Clients::new(config()).unwrap();
    assert_eq!(send(&clients, &receiver.url, "acme", Some(ACME), 1).await.unwrap().status, 200);
    let acme = CertificateDer::from_pem_slice(ACME.0.as_bytes()).unwrap();
    assert_eq!(receiver.seen(), [Some(acme)]);
    for (client, digest) in [(None, 2), (Some(STRANGER), 3)] {
        let failure = send(&clients, &receiver.url, "acme", client, digest).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    }
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn tenants_share_no_connection_and_one_tenant_does() {
    let receiver = Secure::start(true).await.unwrap();
    let clients = Clients::new(config()).unwrap();
    for _ in 0..2 {
        send(&clients, &receiver.url, "acme", Some(ACME), 1).await.unwrap();
        send(&clients, &receiver.url, "umbrella", Some(UMBRELLA), 2).await.unwrap();
        // The same identity, of somebody else.
        send(&clients, &receiver.url, "initech", Some(ACME), 1).await.unwrap();
    }
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test]
async fn an_identity_that_cannot_be_used_is_a_failure_without_its_text() {
    let receiver = Secure::start(true).await.unwrap();
    let clients = Clients::new(config()).unwrap();
    let mismatched = Some((ACME.0, UMBRELLA.1));
    let failure = send(&clients, &receiver.url, "acme", mismatched, 1).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Request);
    assert!(failure.detail.contains("destination.auth"), "{failure}");
    assert!(receiver.seen().is_empty());
}
