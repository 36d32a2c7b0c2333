//! Who is there, and whether every router has a change.
//!
//! A call goes to every process, and each answers for itself. The inbox's consumers say how many routers there are, so a
//! router that does not answer is missed. They are counted before and after the answers, since routers come and go
//! meanwhile. A router of another namespace hears nothing of it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;
use uuid::Uuid;

use crate::depths;
use crate::error::Error;
use crate::notice::Notice;
use crate::road::Road;

/// How long the answers to the first call are waited for; each further one is given twice as long.
const FIRST_ROUND: Duration = Duration::from_millis(100);

/// The longest a call is given.
const MAX_ROUND: Duration = Duration::from_secs(1);

/// The role of a process that consumes the inbox, as it calls it.
const ROUTER: &str = "router";

/// A process that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Names the process, from its start to its end.
    pub process: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// The installation id of its store, or what stands for one; nothing while it does not know yet.
    pub installation: Option<String>,
    /// The revision of the registry it works with.
    pub revision: Option<u64>,
    /// Since when it consumes, in milliseconds since 1970; 0 while it does not.
    pub since: i64,
}

/// Whether every router works with this revision of the registry or a newer one, waited for as long as `within`.
///
/// With no router at all that is so: one that starts reads the registry before it consumes. But nobody is believed to be
/// there only after two rounds, since a router that has just lost the broker is away for a moment. Without an inbox it
/// is not so.
pub async fn routers_have(road: &Road, revision: u64, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    if timeout_at(deadline, road.control.listening()).await.is_err() {
        return false;
    }
    let mut round = FIRST_ROUND;
    let mut was_deserted = false;
    while Instant::now() < deadline {
        let end = (Instant::now() + round).min(deadline);
        let found = match timeout_at(deadline, ask(road, revision, end)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                debug!(%error, "nobody knows how many routers there are");
                Found::NotAll
            }
            Err(_) => return false,
        };
        if found == Found::All || (found == Found::Deserted && was_deserted) {
            return true;
        }
        was_deserted = found == Found::Deserted;
        // Answered by one that is behind: it needs a moment.
        sleep_until(end).await;
        round = (round * 2).min(MAX_ROUND);
    }
    false
}

/// Everybody who answers a call within this time: all processes of the namespace, and this one if it answers.
pub async fn others(road: &Road, within: Duration) -> Vec<Present> {
    let deadline = Instant::now() + within;
    let mut answers = HashMap::new();
    if timeout_at(deadline, road.control.listening()).await.is_ok() {
        let mut call = Call::make(road);
        while let Some(present) = call.answer(deadline).await {
            answers.insert(present.process.clone(), present);
        }
    }
    answers.into_values().collect()
}

/// What one round found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// As many routers as consume, and all of them have the revision.
    All,
    /// Nobody consumes, and nobody who answered is behind.
    Deserted,
    /// One that is behind, or fewer answers than consumers.
    NotAll,
}

/// One round, over when all have answered, at `end` at the latest.
async fn ask(road: &Road, revision: u64, end: Instant) -> Result<Found, Error> {
    let mut call = Call::make(road);
    let Some(before) = consumers(road).await? else { return Ok(Found::NotAll) };
    let mut tally = Tally::default();
    // With no consumer to wait for, whoever answers in the whole round counts.
    while before == 0 || tally.answered() < before {
        let Some(present) = call.answer(end).await else { break };
        tally.count(&present, revision);
    }
    let Some(after) = consumers(road).await? else { return Ok(Found::NotAll) };
    let found = tally.judge(before.max(after));
    // A call that did not come back to us did not reach others either: their silence says nothing.
    Ok(if found == Found::Deserted && !call.came_back { Found::NotAll } else { found })
}

/// How many consume the inbox; nothing if there is none.
async fn consumers(road: &Road) -> Result<Option<usize>, Error> {
    let inbox = depths::look(&mut road.link.clone(), &road.names.inbox()).await?;
    Ok(inbox.map(|inbox| usize::try_from(inbox.consumers).unwrap_or(usize::MAX)))
}

/// A call, and the answers to it.
struct Call {
    name: String,
    notices: Receiver<Notice>,
    /// Whether this process has heard it too.
    came_back: bool,
}

impl Call {
    fn make(road: &Road) -> Self {
        let (name, notices) = (Uuid::now_v7().simple().to_string(), road.control.notices());
        road.control.tell(&Notice::RollCall { call: name.clone() });
        Self { name, notices, came_back: false }
    }

    /// The next answer, if one comes in time.
    async fn answer(&mut self, deadline: Instant) -> Option<Present> {
        loop {
            match timeout_at(deadline, self.notices.recv()).await.ok()? {
                Ok(Notice::Present { call, process, roles, installation, revision, since })
                    if call.as_ref() == Some(&self.name) =>
                {
                    return Some(Present { process, roles, installation, revision, since });
                }
                Ok(Notice::RollCall { call }) if call == self.name => self.came_back = true,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// The routers at work that answered one call, and whether they have the revision.
#[derive(Debug, Default)]
struct Tally(HashMap<String, bool>);

impl Tally {
    /// One that does not consume yet would stand for another one that does, and it reads the registry first.
    fn count(&mut self, present: &Present, revision: u64) {
        if present.since != 0 && present.roles.iter().any(|role| role == ROUTER) {
            let has_it = present.revision.is_some_and(|has| has >= revision);
            self.0.insert(present.process.clone(), has_it);
        }
    }

    fn answered(&self) -> usize {
        self.0.len()
    }

    fn judge(&self, consumers: usize) -> Found {
        if self.answered() < consumers || self.0.values().any(|has_it| !has_it) {
            Found::NotAll
        } else if consumers == 0 {
            Found::Deserted
        } else {
            Found::All
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(process: &str, role: &str, revision: Option<u64>, since: i64) -> Present {
        Present {
            process: process.to_owned(),
            roles: vec!["gateway".to_owned(), role.to_owned()],
            installation: None,
            revision,
            since,
        }
    }

    fn judged(answers: &[Present], consumers: usize) -> Found {
        let mut tally = Tally::default();
        for present in answers {
            tally.count(present, 7);
        }
        tally.judge(consumers)
    }

    fn router(process: &str, revision: u64) -> Present {
        present(process, "router", Some(revision), 1)
    }

    #[test]
    fn waits_for_as_many_routers_as_consume() {
        assert_eq!(judged(&[], 1), Found::NotAll);
        assert_eq!(judged(&[router("a", 7), router("a", 7)], 2), Found::NotAll);
        assert_eq!(judged(&[router("a", 7), router("b", 8)], 2), Found::All);
    }

    #[test]
    fn one_router_that_is_behind_is_enough_to_wait() {
        assert_eq!(judged(&[router("a", 7), router("b", 6)], 1), Found::NotAll);
        assert_eq!(judged(&[present("a", "router", None, 1)], 1), Found::NotAll);
    }

    #[test]
    fn counts_only_routers() {
        assert_eq!(judged(&[present("a", "dispatcher", Some(9), 1)], 1), Found::NotAll);
        assert_eq!(judged(&[present("a", "dispatcher", Some(1), 1), router("b", 7)], 1), Found::All);
    }

    #[test]
    fn one_that_only_starts_does_not_stand_for_one_that_consumes() {
        let starting = present("c", "router", Some(7), 0);
        assert_eq!(judged(&[router("b", 7), starting], 2), Found::NotAll);
        assert_eq!(judged(&[present("c", "router", Some(6), 0), router("b", 7)], 1), Found::All);
    }

    #[test]
    fn where_nobody_consumes_one_that_is_behind_still_counts() {
        assert_eq!(judged(&[], 0), Found::Deserted);
        assert_eq!(judged(&[router("a", 6)], 0), Found::NotAll);
        assert_eq!(judged(&[router("a", 7)], 0), Found::Deserted);
    }
}
