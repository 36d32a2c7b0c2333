//! What a router says about its health.

use std::time::Duration;

use barid_broker::publisher::PublisherHealth;
use barid_telemetry::{Check, Health};

/// The age of a publish without a confirm from which on no new work starts.
pub(crate) const CONFIRM_PATIENCE: Duration = Duration::from_secs(5);

/// Renewals of a stalled connection in a row after which the process should be restarted.
pub(crate) const MAX_STALLS: u32 = 2;

/// The checks of a router.
pub(crate) struct Checks {
    /// Readiness: whether it can publish.
    pub(crate) router: Check,
    /// Readiness: whether events reach the inbox.
    pub(crate) inbox: Check,
    /// Liveness: whether it is handed messages.
    pub(crate) alive: Check,
}

impl Checks {
    pub(crate) fn new(health: &Health) -> Self {
        Self { router: health.readiness("router"), inbox: health.readiness("inbox"), alive: health.liveness("router") }
    }

    /// Reports on the way out, on whether records are confirmed, and on how often in a row a consumer has stalled.
    pub(crate) fn report(&self, health: &PublisherHealth, can_record: bool, stalls: u32) {
        match obstacle(health, can_record) {
            Some(obstacle) => self.router.set_failing(obstacle),
            None => self.router.set_ok(),
        }
        if stalls < MAX_STALLS {
            self.alive.set_ok();
        } else {
            self.alive.set_failing(format!(
                "messages are waiting and the broker has handed out none over {stalls} connections"
            ));
        }
    }
}

/// Why nothing can be published, in words.
fn obstacle(health: &PublisherHealth, can_record: bool) -> Option<&'static str> {
    if !health.connected {
        Some("not connected to the broker to publish")
    } else if health.blocked {
        Some("the broker blocks publishing: it has a memory or disk alarm")
    } else if !health.accepts_work(CONFIRM_PATIENCE) {
        Some("the broker has not confirmed a publish for over 5 s")
    } else if !can_record {
        Some("neither the ledger's stream nor its overflow queue has confirmed a record for over 5 s")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: PublisherHealth =
        PublisherHealth { connected: true, blocked: false, oldest_unconfirmed: Duration::ZERO };

    #[test]
    fn says_what_keeps_it_from_publishing() {
        let health = Health::new();
        let checks = Checks::new(&health);
        checks.inbox.set_ok();
        checks.report(&WELL, true, 1);
        assert!(health.readiness_report().is_ok());
        for unwell in [
            PublisherHealth { connected: false, ..WELL },
            PublisherHealth { blocked: true, ..WELL },
            PublisherHealth { oldest_unconfirmed: CONFIRM_PATIENCE, ..WELL },
        ] {
            checks.report(&unwell, true, 0);
            assert!(!health.readiness_report().is_ok(), "{unwell:?}");
        }
        checks.report(&WELL, false, 0);
        assert!(!health.readiness_report().is_ok(), "records are not confirmed");
    }

    #[test]
    fn asks_for_a_restart_when_new_connections_do_not_help() {
        let health = Health::new();
        let checks = Checks::new(&health);
        checks.report(&WELL, true, 1);
        assert!(health.liveness_report().is_ok());
        checks.report(&WELL, true, 2);
        assert!(!health.liveness_report().is_ok());
    }
}
