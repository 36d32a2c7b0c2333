//! The guard against requests into our own network (SSRF): which URLs and which addresses may be called.
//!
//! Users choose the URLs we call from inside the operator's network, so a URL is judged twice: as text, which catches
//! literal addresses (no resolver ever sees those), and after every name look-up, on the very addresses that will be
//! connected to, which closes DNS rebinding. The rules are plain functions; nothing here does I/O.

mod ranges;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use url::{Host, Url};

use ranges::Zone;

/// Names that always mean the machine itself.
const LOCAL_NAME: &str = "localhost";

/// A name that cloud machines resolve to their metadata service.
const METADATA_NAME: &str = "metadata.google.internal";

/// Which destinations may be called. The default is the strict one, for production.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guard {
    /// Lets `http` URLs through; otherwise only `https`. For development.
    pub allow_http: bool,
    /// Lets loopback, RFC 1918, carrier-grade NAT and unique-local addresses through. For development, and for
    /// installations whose subscribers are on the same network. Link-local and metadata addresses, multicast, broadcast
    /// and reserved ranges stay refused.
    pub allow_private_networks: bool,
}

/// Why a destination is refused. The texts may be shown to the owner of a subscription: they name the rule, never
/// what is behind the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not `https`, nor `http` where that is allowed.
    #[error("the url's scheme is not allowed: use https")]
    Scheme,
    /// The URL has no host.
    #[error("the url has no host: give one")]
    Host,
    /// `user:password@` in the URL: it is a way to disguise the host, and it leaks into logs.
    #[error("the url contains a user name or password: use the destination's auth setting")]
    UserInfo,
    /// A `#fragment`, which is never sent.
    #[error("the url contains a fragment: remove it")]
    Fragment,
    /// Port 0.
    #[error("the url's port is 0: use a real port")]
    Port,
    /// A host name that means this machine or its platform.
    #[error("the url's host name is not allowed: use a public name")]
    Name,
    /// An address outside the public internet.
    #[error("the url leads to an address that is not allowed: use a public one")]
    Address,
}

impl Refused {
    /// A fixed code for records and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Scheme => "blocked_scheme",
            Self::Host => "blocked_host",
            Self::UserInfo => "blocked_user_info",
            Self::Fragment => "blocked_fragment",
            Self::Port => "blocked_port",
            Self::Name => "blocked_name",
            Self::Address => "blocked_address",
        }
    }
}

impl Guard {
    /// Judges a URL by its text: at registration, for an early answer, and again before every request.
    ///
    /// A host name that passes is not yet safe: its addresses are judged when it is resolved.
    pub fn check_url(self, url: &Url) -> Result<(), Refused> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            _ => return Err(Refused::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        if url.port() == Some(0) {
            return Err(Refused::Port);
        }
        match url.host() {
            None => Err(Refused::Host),
            Some(Host::Domain(name)) => self.check_name(name),
            Some(Host::Ipv4(ip)) => self.check_ip(ip.into()),
            Some(Host::Ipv6(ip)) => self.check_ip(ip.into()),
        }
    }

    /// Judges an address, in whatever form it is written or embedded.
    pub fn check_ip(self, address: IpAddr) -> Result<(), Refused> {
        match ranges::zone(address) {
            Zone::Public => Ok(()),
            Zone::Private if self.allow_private_networks => Ok(()),
            Zone::Private | Zone::Forbidden => Err(Refused::Address),
        }
    }

    /// Refuses at once the names whose answer is known. `Url` has already lower-cased the name.
    fn check_name(self, name: &str) -> Result<(), Refused> {
        let name = name.trim_end_matches('.');
        let local = name == LOCAL_NAME || name.strip_suffix(LOCAL_NAME).is_some_and(|prefix| prefix.ends_with('.'));
        if name.is_empty() {
            Err(Refused::Host)
        } else if name == METADATA_NAME || (local && !self.allow_private_networks) {
            Err(Refused::Name)
        } else {
            Ok(())
        }
    }
}
