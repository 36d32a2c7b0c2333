//! One client per TLS identity. A pool of connections belongs to one identity of one tenant, so that nobody's request travels
//! on a connection that somebody else's certificate opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::identity::Identity;
use crate::oauth::Tokens;
use crate::{Answer, BuildError, Client, Config, Failure, FailureKind, Grant, Request, Response};

/// How many identities have a client at the same time. Each holds a copy of the system's authorities, about 100 KiB.
pub const MAX_CLIENTS: usize = 128;

/// How long the client of an identity is kept that nobody uses.
const IDLE: Duration = Duration::from_mins(10);

/// How a request proves who sends it, beyond what is in its headers; and whom it trusts.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Whose request it is. Two owners share neither a connection nor a token.
    pub owner: &'a str,
    /// The TLS identity, with a digest that is equal exactly for equal identities.
    pub tls: Option<(Identity<'a>, &'a [u8; 32])>,
    /// For what a token is to be got.
    pub grant: Option<Grant<'a>>,
}

/// Every way out: the client that most requests share, one per TLS identity, and the tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    shared: Client,
    identities: Mutex<HashMap<Key, Entry>>,
    tokens: Tokens,
}

/// An owner, and the digest of an identity.
type Key = (Box<str>, [u8; 32]);

#[derive(Debug)]
struct Entry {
    client: Arc<OnceCell<Client>>,
    used: Instant,
}

impl Clients {
    /// Builds the client that is shared; the others are built when they are needed.
    pub fn new(config: Config) -> Result<Self, BuildError> {
        let shared = Client::new(&config)?;
        Ok(Self(Arc::new(Inner { config, shared, identities: Mutex::default(), tokens: Tokens::default() })))
    }

    /// The client of requests that need nothing special.
    pub fn shared(&self) -> &Client {
        &self.0.shared
    }

    /// Sends a request with an identity of its own or a token, by the rules of [`Client::send`]: getting the token, and the
    /// second try after a 401 with a fresh one, are within the request's deadline.
    pub async fn send(&self, request: Request, access: Access<'_>) -> Result<Response, Failure> {
        let client = self.client_for(&access).await?;
        match access.grant {
            None => client.send(request).await,
            Some(grant) => self.0.tokens.send(&client, request, access.owner, grant).await,
        }
    }

    /// Sends a request with an identity of its own and without a token, and reads the answer with its fields, by the rules
    /// of [`Client::call`].
    pub async fn call(&self, request: Request, access: Access<'_>) -> Result<Answer, Failure> {
        self.client_for(&access).await?.call(request).await
    }

    async fn client_for(&self, access: &Access<'_>) -> Result<Client, Failure> {
        match access.tls {
            None => Ok(self.shared().clone()),
            Some((identity, digest)) => self.client(access.owner, identity, digest).await,
        }
    }

    async fn client(&self, owner: &str, identity: Identity<'_>, digest: &[u8; 32]) -> Result<Client, Failure> {
        let cell = self.entry(owner, digest, Instant::now());
        let build = || async {
            let Identity { ca, client } = identity;
            let (ca, client) =
                (ca.map(str::to_owned), client.map(|(certificate, key)| (certificate.to_owned(), key.to_owned())));
            let inner = Arc::clone(&self.0);
            // Reading the system's certificates takes long enough to hold up others.
            let built = tokio::task::spawn_blocking(move || {
                let client = client.as_ref().map(|(certificate, key)| (certificate.as_str(), key.as_str()));
                inner.shared.dressed(&inner.config, Identity { ca: ca.as_deref(), client })
            });
            match built.await {
                Ok(Ok(client)) => Ok(client),
                Ok(Err(_)) | Err(_) => Err(Failure::new(
                    FailureKind::Request,
                    "the client certificate or the certificate authorities cannot be used: check destination.auth and ca",
                )),
            }
        };
        cell.get_or_try_init(build).await.cloned()
    }

    /// The place of an identity's client, made if it is not there, at the expense of the owner's own that
    /// was idle longest; of anybody's, if it has none.
    fn entry(&self, owner: &str, digest: &[u8; 32], now: Instant) -> Arc<OnceCell<Client>> {
        let mut identities = self.0.identities.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Box::from(owner), *digest);
        if let Some(entry) = identities.get_mut(&key) {
            entry.used = now;
            return Arc::clone(&entry.client);
        }
        identities.retain(|_, entry| now.duration_since(entry.used) < IDLE);
        if identities.len() >= MAX_CLIENTS
            && let Some(oldest) = identities
                .iter()
                .min_by_key(|((who, _), entry)| (&**who != owner, entry.used))
                .map(|(key, _)| key.clone())
        {
            // Requests in flight hold the client until they end.
            identities.remove(&oldest);
        }
        let client = Arc::new(OnceCell::new());
        identities.insert(key, Entry { client: Arc::clone(&client), used: now });
        client
    }
}

#[cfg(test)]
mod tests {
    use super::{Clients, IDLE, MAX_CLIENTS};
    use crate::Config;
    use std::sync::Arc;
    use tokio::time::Instant;

    #[test]
    fn owners_and_identities_have_clients_of_their_own() {
        let clients = Clients::new(Config::default()).unwrap();
        let now = Instant::now();
        let one = clients.entry("acme", &[1; 32], now);
        assert!(Arc::ptr_eq(&one, &clients.entry("acme", &[1; 32], now)));
        assert!(!Arc::ptr_eq(&one, &clients.entry("umbrella", &[1; 32], now)));
        assert!(!Arc::ptr_eq(&one, &clients.entry("acme", &[2; 32], now)));
    }

    #[test]
    fn the_longest_idle_makes_room() {
        let clients = Clients::new(Config::default()).unwrap();
        let start = Instant::now();
        let at = |second: u64| start + std::time::Duration::from_secs(second);
        let first = clients.entry("0", &[0; 32], at(0));
        let second = clients.entry("1", &[0; 32], at(1));
        for n in 2..MAX_CLIENTS {
            clients.entry(&n.to_string(), &[0; 32], at(2));
        }
        clients.entry("0", &[0; 32], at(3));
        clients.entry("more", &[0; 32], at(4));
        assert!(Arc::ptr_eq(&first, &clients.entry("0", &[0; 32], at(5))));
        assert!(!Arc::ptr_eq(&second, &clients.entry("1", &[0; 32], at(5))));
        clients.entry("late", &[0; 32], at(5) + IDLE);
        assert_eq!(clients.0.identities.lock().unwrap().len(), 1);
    }

    #[test]
    fn who_has_many_makes_room_with_its_own() {
        let clients = Clients::new(Config::default()).unwrap();
        let start = Instant::now();
        let modest = clients.entry("modest", &[0; 32], start);
        let later = start + std::time::Duration::from_secs(1);
        for n in 0..=u8::try_from(MAX_CLIENTS).unwrap() {
            clients.entry("greedy", &[n; 32], later);
        }
        assert!(Arc::ptr_eq(&modest, &clients.entry("modest", &[0; 32], later)));
        assert_eq!(clients.0.identities.lock().unwrap().len(), MAX_CLIENTS);
    }
}
