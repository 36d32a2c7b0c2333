//! What is wrong with a destination that only those know who send requests: URLs that must not be called, and certificates
//! that cannot be used. Whoever saves settings asks here, whether they come over the API or from a file.

use barid_egress::{Guard, Identity};
use barid_registry::Settings;
use barid_registry::destination::{Auth, TlsIdentity};

/// A part of a destination that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RefusedDestination {
    /// Where it is in the document, as a JSON pointer.
    pub pointer: &'static str,
    /// Why, and what to do. Never holds a secret.
    pub message: String,
}

/// Refuses settings whose requests could not, or must not, be sent.
pub fn judge_destination(settings: &Settings, guard: Guard) -> Result<(), RefusedDestination> {
    let refused = |pointer, message: &dyn ToString| RefusedDestination { pointer, message: message.to_string() };
    let destination = &settings.destination;
    guard.check_url(destination.url()).map_err(|why| refused("/destination/url", &why))?;
    let Some(access) = destination.access() else {
        return Ok(());
    };
    if let Auth::OAuth2(oauth2) = access.auth() {
        guard.check_url(oauth2.token_url()).map_err(|why| refused("/destination/auth/token_url", &why))?;
    }
    if let Some(TlsIdentity { ca, client, digest: _ }) = access.tls() {
        let client = client.map(|client| (&*client.certificate, &*client.key));
        Identity { ca, client }.check().map_err(|why| {
            let pointer = match why.part() {
                "ca" => "/destination/ca",
                "certificate" => "/destination/auth/certificate",
                _ => "/destination/auth/key",
            };
            refused(pointer, &why)
        })?;
    }
    Ok(())
}
