//! The system's certificates, without which no subscriber with https can be verified.

use std::env;
use std::path::Path;

use super::Finding;

const CHECK: &str = "certificates";

/// Where Linux distributions keep them.
const USUAL: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// Looks for them, and builds a client with them.
pub(super) fn examine() -> Finding {
    let advice = "install the package ca-certificates, or name a file of certificates in SSL_CERT_FILE";
    if let Err(error) = barid_egress::Client::new(&barid_egress::Config::default()) {
        return Finding::failed(CHECK, error.to_string(), advice);
    }
    let named = env::var("SSL_CERT_FILE").ok();
    match named.as_deref().into_iter().chain(USUAL).find(|path| Path::new(path).exists()) {
        Some(path) => Finding::ok(CHECK, format!("the system's are in {path}")),
        None => Finding::warning(CHECK, "the system's were not found where they usually are", advice),
    }
}
