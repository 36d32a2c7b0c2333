//! From the client library's error to a [`Failure`]: by the types in its chain of causes, never by its texts.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;

use crate::resolver::ResolveError;
use crate::{Failure, FailureKind};

/// The failure behind an error of the client library.
pub(crate) fn classify(error: &reqwest::Error) -> Failure {
    let kind = if error.is_builder() {
        FailureKind::Request
    } else {
        kind_of_chain(error, error.is_connect(), error.is_timeout())
    };
    Failure::new(kind, root(error))
}

/// The most telling cause wins: first those with a type of their own, then the state of the connection.
fn kind_of_chain(error: &(dyn Error + 'static), connecting: bool, timed_out: bool) -> FailureKind {
    if let Some(cause) = find::<ResolveError>(error) {
        return match cause {
            ResolveError::Refused(_) => FailureKind::Blocked,
            ResolveError::Timeout(_) => FailureKind::DnsTimeout,
            ResolveError::Lookup(_) | ResolveError::Empty => FailureKind::Dns,
        };
    }
    if find::<rustls::Error>(error).is_some() {
        return FailureKind::Tls;
    }
    if timed_out {
        return if connecting { FailureKind::ConnectTimeout } else { FailureKind::Timeout };
    }
    let io = chain(error).filter_map(|cause| cause.downcast_ref()).last().map(io::Error::kind);
    if connecting {
        // TCP cannot end or hold bad data before it is connected: that is a handshake that broke off.
        return match io {
            Some(ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => FailureKind::Tls,
            _ => FailureKind::Connect,
        };
    }
    match find::<hyper::Error>(error) {
        Some(http) if http.is_parse_too_large() => FailureKind::HeadersTooLarge,
        Some(http) if http.is_parse() => FailureKind::Protocol,
        Some(http) if http.is_user() => FailureKind::Request,
        Some(http) if http.is_incomplete_message() || http.is_canceled() || http.is_closed() => FailureKind::Reset,
        _ => match io {
            // A malformed chunk: the body's framing is broken, not the connection.
            Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) | None => FailureKind::Protocol,
            Some(_) => FailureKind::Reset,
        },
    }
}

/// An error, its cause, and so on. `io::Error` shows as its source not what it holds but that one's source, and TLS errors
/// come inside one or two of them; so what it holds is a cause here.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held as &(dyn Error + 'static)),
        None => error.source(),
    })
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// The last cause. The outer ones say only where it surfaced, and the outermost repeats the URL, which may hold secrets.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::time::Duration;

    use super::kind_of_chain;
    use crate::resolver::ResolveError;
    use crate::{FailureKind, Refused};

    fn wrapped(inner: impl std::error::Error + Send + Sync + 'static) -> io::Error {
        io::Error::other(inner)
    }

    #[test]
    fn finds_the_resolver_below_other_errors() {
        for (cause, kind) in [
            (ResolveError::Refused(Refused::Address), FailureKind::Blocked),
            (ResolveError::Timeout(Duration::ZERO), FailureKind::DnsTimeout),
            (ResolveError::Empty, FailureKind::Dns),
            (ResolveError::Lookup(ErrorKind::Other.into()), FailureKind::Dns),
        ] {
            assert_eq!(kind_of_chain(&wrapped(cause), true, false), kind);
        }
    }

    #[test]
    fn finds_tls_inside_an_io_error() {
        let error = wrapped(wrapped(rustls::Error::DecryptError));
        assert_eq!(kind_of_chain(&error, true, false), FailureKind::Tls);
        assert_eq!(kind_of_chain(&error, false, false), FailureKind::Tls);
    }

    #[test]
    fn tells_connecting_from_waiting() {
        let timeout = io::Error::from(ErrorKind::TimedOut);
        assert_eq!(kind_of_chain(&timeout, true, true), FailureKind::ConnectTimeout);
        assert_eq!(kind_of_chain(&timeout, false, true), FailureKind::Timeout);
        let refused = io::Error::from(ErrorKind::ConnectionRefused);
        assert_eq!(kind_of_chain(&refused, true, false), FailureKind::Connect);
        let reset = io::Error::from(ErrorKind::ConnectionReset);
        assert_eq!(kind_of_chain(&reset, false, false), FailureKind::Reset);
    }
}
