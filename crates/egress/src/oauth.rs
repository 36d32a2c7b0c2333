//! Tokens by client credentials (RFC 6749, section 4.4): kept until shortly before they expire, fetched once however many
//! requests wait for one, and replaced once when a receiver no longer takes them.

mod answer;
mod ask;
mod slot;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use self::slot::{Slot, Token};
use crate::{Client, Failure, FailureKind, Request, Response};

/// How many tokens are kept.
pub const MAX_TOKENS: usize = 1024;

/// The status by which a receiver refuses a token.
const UNAUTHORIZED: u16 = 401;

/// What is shown to a token endpoint.
#[derive(Clone, Copy)]
pub struct Grant<'a> {
    /// The endpoint. Judged by the [`Guard`](crate::Guard) like every URL.
    pub token_url: &'a Url,
    /// The client's name there.
    pub client_id: &'a str,
    /// Its password there.
    pub client_secret: &'a str,
    /// Which rights are asked for.
    pub scope: Option<&'a str>,
    /// For whom the token is to be good.
    pub audience: Option<&'a str>,
    /// Whether id and secret go into the body; otherwise into the `authorization` header.
    pub secret_in_body: bool,
    /// Equal exactly for equal grants.
    pub digest: &'a [u8; 32],
}

/// The tokens of a process, each the property of one owner.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<HashMap<Key, Entry>>);

/// An owner, and the digest of a grant.
type Key = (Box<str>, [u8; 32]);

#[derive(Debug)]
struct Entry {
    slot: Arc<Slot>,
    used: Instant,
}

impl Tokens {
    /// Sends a request with a token. A 401 makes the token old: the request is sent once more, with a fresh one,
    /// unless another was made old for that just before.
    pub(crate) async fn send(
        &self,
        client: &Client,
        request: Request,
        owner: &str,
        grant: Grant<'_>,
    ) -> Result<Response, Failure> {
        let end = Instant::now() + request.deadline;
        let slot = self.slot(owner, grant.digest, Instant::now());
        let token = slot.token(client, grant, end).await?;
        let response = client.send(bearing(&request, &token, end)?).await?;
        if response.status != UNAUTHORIZED {
            return Ok(response);
        }
        if !slot.discard(&token, Instant::now()) {
            return Ok(response);
        }
        let token = slot.token(client, grant, end).await?;
        client.send(bearing(&request, &token, end)?).await
    }

    /// The place of a grant's token, made if it is not there, at the expense of the owner's own that was idle longest; of
    /// anybody's, if it has none.
    fn slot(&self, owner: &str, digest: &[u8; 32], now: Instant) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Box::from(owner), *digest);
        if let Some(entry) = slots.get_mut(&key) {
            entry.used = now;
            return Arc::clone(&entry.slot);
        }
        if slots.len() >= MAX_TOKENS
            && let Some(oldest) =
                slots.iter().min_by_key(|((who, _), entry)| (&**who != owner, entry.used)).map(|(key, _)| key.clone())
        {
            slots.remove(&oldest);
        }
        let slot = Arc::<Slot>::default();
        slots.insert(key, Entry { slot: Arc::clone(&slot), used: now });
        slot
    }
}

/// The request with a token, for the time that is left.
fn bearing(request: &Request, token: &Token, end: Instant) -> Result<Request, Failure> {
    let mut request = Request { deadline: left(end)?, ..request.clone() };
    request.headers.put(token.field()).map_err(|error| Failure::new(FailureKind::Request, error))?;
    Ok(request)
}

/// The time until the attempt ends.
fn left(end: Instant) -> Result<Duration, Failure> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Failure::new(FailureKind::Timeout, "no time was left after asking for a token"));
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_many_makes_room_with_its_own() {
        let (tokens, start) = (Tokens::default(), Instant::now());
        let modest = tokens.slot("modest", &[0; 32], start);
        let later = start + Duration::from_secs(1);
        let digest = |n: usize| std::array::from_fn(|index| n.to_le_bytes().get(index).copied().unwrap_or_default());
        for n in 0..=MAX_TOKENS {
            tokens.slot("greedy", &digest(n), later);
        }
        assert!(Arc::ptr_eq(&modest, &tokens.slot("modest", &[0; 32], later)));
        assert_eq!(tokens.0.lock().unwrap().len(), MAX_TOKENS);
    }
}
