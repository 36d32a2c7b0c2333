//! Name look-up that yields only addresses the guard allows.
//!
//! The client connects to exactly the addresses returned here, so an answer that changes between check and use (DNS
//! rebinding) gains nothing. All records of both families are judged; a blocked one is dropped even beside public ones.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::MAX_LOOKUPS;
use crate::{Guard, Refused};

/// Why a name gave no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// The system's resolver failed, or knows no such name.
    #[error("the host name could not be resolved")]
    Lookup(#[source] io::Error),
    /// The answer was empty.
    #[error("the host name has no address")]
    Empty,
    /// The look-up took longer than allowed.
    #[error("the host name could not be resolved within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Every address is refused.
    #[error(transparent)]
    Refused(Refused),
}

/// The system's resolver behind the guard.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    guard: Guard,
    timeout: Duration,
    lookups: Arc<Semaphore>,
}

impl Resolver {
    pub(crate) fn new(guard: Guard, timeout: Duration) -> Self {
        Self { guard, timeout, lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }

    /// The addresses of a name, with port 0 (the caller puts in the URL's).
    async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let host = name.to_owned();
        let look_up = async {
            // Waiting for a turn ends with whoever waits, so that names whose servers are dead leave no queue behind.
            let permit = Arc::clone(&self.lookups).acquire_owned().await.map_err(io::Error::other)?;
            // A task of its own, so that its permit is held as long as the thread it occupies, not as long as we wait.
            let looking = tokio::spawn(async move {
                let _permit = permit;
                Ok(lookup_host((host, 0)).await?.collect::<Vec<_>>())
            });
            looking.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
        };
        let found = timeout(self.timeout, look_up)
            .await
            .map_err(|_| ResolveError::Timeout(self.timeout))?
            .map_err(ResolveError::Lookup)?;
        allowed(self.guard, found)
    }
}

/// The addresses that the guard lets through, or why there are none.
fn allowed(guard: Guard, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ResolveError> {
    let mut refused = ResolveError::Empty;
    let mut allowed = found;
    allowed.retain(|address| match guard.check_ip(address.ip()) {
        Ok(()) => true,
        Err(reason) => {
            refused = ResolveError::Refused(reason);
            false
        }
    });
    if allowed.is_empty() { Err(refused) } else { Ok(allowed) }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::{MAX_LOOKUPS, ResolveError, Resolver, allowed};
    use crate::{Guard, Refused};

    const LIMIT: Duration = Duration::from_secs(5);

    fn parse(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn drops_a_private_record_beside_a_public_one() {
        let mixed = parse(&["[fd00::1]:0", "93.184.215.14:0", "10.0.0.1:0"]);
        assert_eq!(allowed(Guard::default(), mixed).unwrap(), parse(&["93.184.215.14:0"]));
    }

    #[test]
    fn tells_a_blocked_name_from_one_without_addresses() {
        let blocked = allowed(Guard::default(), parse(&["10.0.0.1:0"]));
        assert!(matches!(blocked, Err(ResolveError::Refused(Refused::Address))));
        assert!(matches!(allowed(Guard::default(), Vec::new()), Err(ResolveError::Empty)));
    }

    #[tokio::test]
    async fn refuses_a_name_that_resolves_to_this_machine() {
        let answer = Resolver::new(Guard::default(), LIMIT).addresses("localhost").await;
        assert!(matches!(answer, Err(ResolveError::Refused(Refused::Address))), "{answer:?}");
    }

    #[tokio::test]
    async fn resolves_this_machine_where_private_networks_are_allowed() {
        let guard = Guard { allow_private_networks: true, ..Guard::default() };
        let addresses = Resolver::new(guard, LIMIT).addresses("localhost").await.unwrap();
        assert!(addresses.iter().all(|address| address.ip().is_loopback()));
    }

    #[tokio::test]
    async fn gives_up_when_no_answer_comes_in_time() {
        let resolver = Resolver::new(Guard::default(), Duration::from_millis(10));
        // No permits stands for name servers that do not answer.
        resolver.lookups.forget_permits(MAX_LOOKUPS);
        assert!(matches!(resolver.addresses("localhost").await, Err(ResolveError::Timeout(_))));
    }
}
