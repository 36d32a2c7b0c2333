//! Who is there, and whether every router has a change.
//!
//! A call goes to every process, and each answers for itself. The inbox's consumers say how many routers there are, so a
//! router that does not answer is missed. A router of another namespace hears nothing of it.

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
    /// The installation id of its store, if it has one.
    pub installation: Option<String>,
    /// The revision of the registry it works with.
    pub revision: Option<u64>,
    /// Since when it consumes, in milliseconds since 1970; 0 while it does not.
    pub since: i64,
}

/// Whether every router works with this revision of the registry or a newer one, waited for as long as `within`. With no
/// router at all that is so: one that starts reads the registry before it consumes.
pub async fn routers_have(road: &Road, revision: u64, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    if timeout_at(deadline, road.control.listening()).await.is_err() {
        return false;
    }
    let mut round = FIRST_ROUND;
    while Instant::now() < deadline {
        let end = (Instant::now() + round).min(deadline);
        match timeout_at(deadline, ask(road, revision, end)).await {
            Ok(Ok(true)) => return true,
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => debug!(%error, "nobody knows how many routers there are"),
        }
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

/// One round: whether by its end all routers have the revision.
async fn ask(road: &Road, revision: u64, end: Instant) -> Result<bool, Error> {
    let mut call = Call::make(road);
    let inbox = depths::look(&mut road.link.clone(), &road.names.inbox()).await?;
    let consumers = inbox.map_or(0, |inbox| inbox.consumers);
    let mut tally = Tally::default();
    while !tally.is_complete(consumers) {
        let Some(present) = call.answer(end).await else { return Ok(false) };
        tally.count(&present, revision);
    }
    Ok(true)
}

/// A call, and the answers to it.
struct Call {
    name: String,
    notices: Receiver<Notice>,
}

impl Call {
    fn make(road: &Road) -> Self {
        let (name, notices) = (Uuid::now_v7().simple().to_string(), road.control.notices());
        road.control.tell(&Notice::RollCall { call: name.clone() });
        Self { name, notices }
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
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// The routers that answered one call, and whether they have the revision.
#[derive(Debug, Default)]
struct Tally(HashMap<String, bool>);

impl Tally {
    fn count(&mut self, present: &Present, revision: u64) {
        if present.roles.iter().any(|role| role == ROUTER) {
            let has_it = present.revision.is_some_and(|has| has >= revision);
            self.0.insert(present.process.clone(), has_it);
        }
    }

    /// Whether as many have answered as there are, and all of them have it.
    fn is_complete(&self, consumers: u32) -> bool {
        self.0.len() >= usize::try_from(consumers).unwrap_or(usize::MAX) && self.0.values().all(|has_it| *has_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(answers: &[(&str, &str, Option<u64>)]) -> Tally {
        let mut tally = Tally::default();
        for (process, role, revision) in answers {
            let present = Present {
                process: (*process).to_owned(),
                roles: vec!["gateway".to_owned(), (*role).to_owned()],
                installation: None,
                revision: *revision,
                since: 1,
            };
            tally.count(&present, 7);
        }
        tally
    }

    #[test]
    fn waits_for_as_many_routers_as_consume() {
        assert!(tally(&[]).is_complete(0));
        assert!(!tally(&[]).is_complete(1));
        assert!(!tally(&[("a", "router", Some(7)), ("a", "router", Some(7))]).is_complete(2));
        assert!(tally(&[("a", "router", Some(7)), ("b", "router", Some(8))]).is_complete(2));
    }

    #[test]
    fn one_router_that_is_behind_is_enough_to_wait() {
        assert!(!tally(&[("a", "router", Some(7)), ("b", "router", Some(6))]).is_complete(1));
        assert!(!tally(&[("a", "router", None)]).is_complete(1));
    }

    #[test]
    fn counts_only_routers() {
        assert!(!tally(&[("a", "dispatcher", Some(9))]).is_complete(1));
        assert!(tally(&[("a", "dispatcher", Some(1)), ("b", "router", Some(7))]).is_complete(1));
    }
}
