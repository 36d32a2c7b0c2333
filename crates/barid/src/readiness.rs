//! What `/readyz` says of the broker.

use std::time::Duration;

use barid_broker::Road;
use barid_broker::publisher::PublisherHealth;
use barid_telemetry::Check;
use tokio::time::{MissedTickBehavior, interval};

/// How often the connections are looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// Keeps the check up to date, for ever.
pub(crate) async fn watch(road: Road, check: Check) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match trouble(road.publisher.health(), road.link.is_up()) {
            Some(reason) => check.set_failing(reason),
            None => check.set_ok(),
        }
    }
}

/// Why no work should be given to this process, or nothing.
pub(crate) fn trouble(publisher: PublisherHealth, consumes: bool) -> Option<&'static str> {
    if !publisher.connected {
        Some("not connected to publish")
    } else if !consumes {
        Some("not connected to consume")
    } else if publisher.blocked {
        Some("the broker blocks publishing: it is short of memory or disk")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_ready_with_two_connections_and_no_alarm() {
        let health = |connected, blocked| PublisherHealth { connected, blocked, oldest_unconfirmed: Duration::ZERO };
        assert_eq!(trouble(health(true, false), true), None);
        assert!(trouble(health(true, false), false).is_some());
        assert!(trouble(health(false, false), true).is_some());
        assert!(trouble(health(true, true), true).is_some());
    }
}
