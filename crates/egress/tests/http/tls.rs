//! The client against a receiver whose certificate nobody vouches for.
//!
//! The certificate (P-256, for 127.0.0.1, valid for a hundred years) and its key were made for this test with
//! `openssl req -x509` and are worth nothing elsewhere.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use barid_egress::{FailureKind, Url, install_crypto_provider};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

use crate::support::{GENEROUS, client, request};

const CERTIFICATE: &[u8] = include_bytes!("self-signed.cert.der");
const KEY: &[u8] = include_bytes!("self-signed.key.der");

/// Accepts one connection and shakes hands; the result is the server's view of the handshake.
fn serve_once(listener: TcpListener) -> JoinHandle<io::Result<(usize, usize)>> {
    thread::spawn(move || {
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], PrivatePkcs8KeyDer::from(KEY).into())
            .map_err(io::Error::other)?;
        let mut connection = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        let (mut stream, _) = listener.accept()?;
        connection.complete_io(&mut stream)
    })
}

#[tokio::test]
async fn a_self_signed_certificate_is_a_tls_failure() {
    install_crypto_provider();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = serve_once(listener);
    let failure = client().unwrap().send(request(&Url::parse(&url).unwrap(), GENEROUS)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    assert!(failure.detail.contains("certificate"), "{failure}");
    let handshake = server.join().unwrap();
    assert!(handshake.is_err(), "the client must hang up during the handshake");
}
