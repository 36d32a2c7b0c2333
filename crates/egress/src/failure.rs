//! Why there is no response: a closed list, so that it can be a metric's label and the key of a retry policy.

use std::fmt;

/// How long the text of a failure may be, in characters. Parts of it come from the other side.
const MAX_DETAIL: usize = 256;

/// A request that got no complete response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct Failure {
    /// What went wrong, from a closed list.
    pub kind: FailureKind,
    /// The same for people: at most 256 characters, without the URL and without addresses of ours.
    pub detail: String,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, detail: impl fmt::Display) -> Self {
        let mut detail = detail.to_string();
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL) {
            detail.truncate(end);
        }
        Self { kind, detail }
    }
}

/// What went wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The guard refused the destination; no byte was sent.
    Blocked,
    /// The host name has no address, or the name servers failed.
    Dns,
    /// The name look-up took too long.
    DnsTimeout,
    /// No connection: refused or unreachable.
    Connect,
    /// Connecting took too long.
    ConnectTimeout,
    /// The TLS handshake failed: expired, self-signed or foreign certificate, or no common version.
    Tls,
    /// The deadline passed before the response was complete. The receiver may have acted on the request.
    Timeout,
    /// The connection ended before the response was complete. The receiver may have acted on the request.
    Reset,
    /// The response is no valid HTTP.
    Protocol,
    /// The response has too many header fields, or too long ones.
    HeadersTooLarge,
    /// The endpoint that gives tokens gave none.
    Token,
    /// The request could not be made from what was asked: a fault of ours.
    Request,
}

impl FailureKind {
    /// The name in metrics, records and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Dns => "dns",
            Self::DnsTimeout => "dns_timeout",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::HeadersTooLarge => "headers_too_large",
            Self::Token => "token",
            Self::Request => "request",
        }
    }

    /// Where to look for the cause.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Blocked => Fault::Blocked,
            Self::Dns | Self::DnsTimeout => Fault::Dns,
            Self::Connect | Self::ConnectTimeout | Self::Reset => Fault::Network,
            Self::Tls => Fault::Tls,
            Self::Timeout | Self::Protocol | Self::HeadersTooLarge | Self::Token => Fault::Receiver,
            Self::Request => Fault::Internal,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose fault the outcome of a request is: the `fault` label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nobody's: the request succeeded.
    None,
    /// The receiver's: its status, its silence or its broken response.
    Receiver,
    /// The way between.
    Network,
    /// The receiver's certificate or TLS settings.
    Tls,
    /// The receiver's name.
    Dns,
    /// The destination is not allowed.
    Blocked,
    /// Ours.
    Internal,
}

impl Fault {
    /// The value of the label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Receiver => "receiver",
            Self::Network => "network",
            Self::Tls => "tls",
            Self::Dns => "dns",
            Self::Blocked => "blocked",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, FailureKind, MAX_DETAIL};

    #[test]
    fn cuts_long_details_between_characters() {
        let failure = Failure::new(FailureKind::Protocol, "é".repeat(MAX_DETAIL + 1));
        assert_eq!(failure.detail.chars().count(), MAX_DETAIL);
    }
}
