//! The place of one token: who asks while somebody else is asking waits for that answer, unless the old token still works.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use barid_headers::Field;
use tokio::time::{Instant, timeout_at};

use super::{Grant, ask, left};
use crate::{Client, Failure, FailureKind};

/// How long before its end a token is replaced, at most; a tenth of its life if that is less.
const MAX_HEAD_START: Duration = Duration::from_mins(1);

/// How long after a token was forgotten because a receiver refused it no other is: a receiver that refuses them all would
/// have one asked for with every request, while its neighbours wait.
const DISCARD_PAUSE: Duration = Duration::from_secs(30);

/// A token, and its life.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    field: Field,
    got: Instant,
    life: Duration,
}

/// What is to be done about a token.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Good,
    /// Good still, but soon to be replaced.
    Old,
    Expired,
}

#[derive(Debug, Default)]
pub(super) struct Slot {
    known: Mutex<Known>,
    /// Held by whoever asks the endpoint; those who have no token wait for it.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    token: Option<Arc<Token>>,
    /// When the endpoint last answered, and what.
    answer: Option<(Instant, Result<Arc<Token>, Failure>)>,
    /// When a token was last forgotten because a receiver refused it.
    discarded: Option<Instant>,
}

impl Token {
    /// A token that was asked for at `got`.
    pub(super) fn new(field: Field, got: Instant, life: Duration) -> Self {
        Self { field, got, life }
    }

    /// The header that carries it.
    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    fn state(&self, now: Instant) -> State {
        let age = now.saturating_duration_since(self.got);
        let head_start = MAX_HEAD_START.min(self.life / 10);
        if age >= self.life {
            State::Expired
        } else if age + head_start >= self.life {
            State::Old
        } else {
            State::Good
        }
    }
}

impl Slot {
    /// The token, got from the endpoint if there is none or an old one. Replacing an old one takes at most half of the
    /// time until `end`: the rest is for the request, with the old one if need be.
    pub(super) async fn token(&self, client: &Client, grant: Grant<'_>, end: Instant) -> Result<Arc<Token>, Failure> {
        let asked = Instant::now();
        let (old, _turn) = match self.usable(asked) {
            Some((token, State::Good)) => return Ok(token),
            Some((token, _)) => match self.asking.try_lock() {
                Ok(turn) => (Some(token), turn),
                // Somebody is replacing it.
                Err(_) => return Ok(token),
            },
            None => (None, timeout_at(end, self.asking.lock()).await.map_err(|_| too_late())?),
        };
        let until = if old.is_some() { asked + end.saturating_duration_since(asked) / 2 } else { end };
        // Who waited has the answer that whoever asked got meanwhile, good or bad.
        let answer = match self.answered_since(asked) {
            Some(answer) => answer,
            None => self.ask(client, grant, until).await,
        };
        answer.or_else(|failure| old.ok_or(failure))
    }

    /// Forgets a token that a receiver refused, unless there is another one by now. Returns whether to try that, or a
    /// fresh one: not if the token is kept, since one was forgotten less than [`DISCARD_PAUSE`] ago.
    pub(super) fn discard(&self, refused: &Arc<Token>, now: Instant) -> bool {
        let mut known = self.known();
        if !known.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            return true;
        }
        if known.discarded.is_some_and(|at| now.saturating_duration_since(at) < DISCARD_PAUSE) {
            return false;
        }
        (known.token, known.discarded) = (None, Some(now));
        true
    }

    async fn ask(&self, client: &Client, grant: Grant<'_>, end: Instant) -> Result<Arc<Token>, Failure> {
        let answer = ask::ask(client, grant, left(end)?).await.map(Arc::new);
        let mut known = self.known();
        if let Ok(token) = &answer {
            known.token = Some(Arc::clone(token));
        }
        known.answer = Some((Instant::now(), answer.clone()));
        answer
    }

    fn usable(&self, now: Instant) -> Option<(Arc<Token>, State)> {
        let token = self.known().token.clone()?;
        let state = token.state(now);
        (state != State::Expired).then_some((token, state))
    }

    fn answered_since(&self, asked: Instant) -> Option<Result<Arc<Token>, Failure>> {
        let known = self.known();
        known.answer.as_ref().filter(|(at, _)| *at >= asked).map(|(_, answer)| answer.clone())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_late() -> Failure {
    Failure::new(FailureKind::Timeout, "the token endpoint did not answer in time")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::{Config, Guard};

    fn token(life: u64, got: Instant) -> Token {
        Token::new(Field::new("authorization", "Bearer t").unwrap(), got, Duration::from_secs(life))
    }

    #[test]
    fn a_token_is_replaced_before_it_expires() {
        let start = Instant::now();
        let state = |life, age| token(life, start).state(start + Duration::from_secs(age));
        assert_eq!(
            [state(3600, 3539), state(3600, 3540), state(3600, 3600)],
            [State::Good, State::Old, State::Expired]
        );
        assert_eq!([state(100, 89), state(100, 90), state(0, 0)], [State::Good, State::Old, State::Expired]);
    }

    #[test]
    fn only_the_token_that_was_refused_is_forgotten() {
        let (slot, now) = (Slot::default(), Instant::now());
        let (old, new) = (Arc::new(token(60, now)), Arc::new(token(60, now)));
        slot.known().token = Some(Arc::clone(&new));
        assert!(slot.discard(&old, now), "the other one is to be tried");
        assert!(slot.usable(now).is_some());
        assert!(slot.discard(&new, now));
        assert!(slot.usable(now).is_none());
    }

    #[test]
    fn no_second_token_is_forgotten_for_a_while() {
        let (slot, start) = (Slot::default(), Instant::now());
        let renewed = || {
            let token = Arc::new(token(3600, start));
            slot.known().token = Some(Arc::clone(&token));
            token
        };
        assert!(slot.discard(&renewed(), start));
        let second = renewed();
        assert!(!slot.discard(&second, start + Duration::from_secs(29)));
        assert!(slot.usable(start).is_some(), "neighbours go on with it");
        assert!(slot.discard(&second, start + DISCARD_PAUSE));
        assert!(slot.usable(start).is_none());
    }

    #[tokio::test]
    async fn an_old_token_is_used_in_time_when_the_endpoint_hangs() {
        // Connections wait in the backlog, and nobody ever answers.
        let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", endpoint.local_addr().unwrap()).parse().unwrap();
        let guard = Guard { allow_http: true, allow_private_networks: true };
        let client = Client::new(&Config { guard, ..Config::default() }).unwrap();
        let grant = Grant {
            token_url: &url,
            client_id: "barid",
            client_secret: "sesame",
            scope: None,
            audience: None,
            secret_in_body: false,
            digest: &[0; 32],
        };
        let (slot, now) = (Slot::default(), Instant::now());
        let old = Arc::new(token(600, now - Duration::from_secs(570)));
        slot.known().token = Some(Arc::clone(&old));
        let end = now + Duration::from_secs(2);
        assert!(Arc::ptr_eq(&slot.token(&client, grant, end).await.unwrap(), &old));
        assert!(slot.known().answer.is_some(), "the endpoint was asked");
        assert!(left(end).is_ok(), "time is left for the request");
    }

    #[test]
    fn who_waited_shares_the_answer_and_who_comes_later_asks_anew() {
        let (slot, start) = (Slot::default(), Instant::now());
        slot.known().answer = Some((start + Duration::from_secs(1), Err(too_late())));
        assert_eq!(slot.answered_since(start), Some(Err(too_late())));
        assert_eq!(slot.answered_since(start + Duration::from_secs(2)), None);
    }
}
