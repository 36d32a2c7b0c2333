//! What ends up in the queue of unrouted messages, because the queue it was meant for is gone.

use std::time::Duration;

use barid_broker::Names;
use barid_broker::delay::LEVELS;
use barid_broker::names::SLOW_LANES;
use barid_broker::outgoing::Kind;

/// The pause before a message is sent again to a place that was missing: until that is mended it comes back each time.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// What a stray message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stray {
    /// What a CRM service published: the inbox, or its binding, is missing.
    Publication,
    /// Deliveries: their lane is missing, or a level of the delay ladder.
    Deliveries,
    /// A dead letter: the queue of dead letters is missing.
    DeadLetter,
    /// Nothing that we put there.
    Unknown,
}

/// Tells what a message is by the exchange it was published to. Its content type counts only where no CRM service can
/// publish.
pub(crate) fn classify(names: &Names, exchange: &str, content_type: Option<&str>) -> Stray {
    if exchange == names.events() {
        return Stray::Publication;
    }
    let is = |kind: Kind| content_type == Some(kind.content_type());
    if is(Kind::DeadLetter) && exchange == names.dead() {
        return Stray::DeadLetter;
    }
    let carries_deliveries = || {
        exchange == names.lanes() || exchange == names.due() || (0..LEVELS).any(|level| exchange == names.delay(level))
    };
    if is(Kind::Work) && carries_deliveries() {
        return Stray::Deliveries;
    }
    Stray::Unknown
}

/// How long to wait before deliveries published with this key are sent on. Those of a lane that we no longer have find
/// another at once; those of a lane that should be there would come back at once.
pub(crate) fn pause(routing_key: &str, work_lanes: u16, has_own_lane: impl Fn(&str) -> bool) -> Duration {
    let mut words = routing_key.rsplit('.');
    let name = words.next().unwrap_or_default();
    let is_below = |lanes: u16| name.parse::<u16>().is_ok_and(|number| number < lanes);
    let should_be_there = match words.next() {
        Some("work") => is_below(work_lanes),
        Some("slow") => is_below(SLOW_LANES),
        Some("own") => has_own_lane(name),
        _ => false,
    };
    if should_be_there { PAUSE } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Option<&str> = Some("application/vnd.barid.work");
    const DEAD: Option<&str> = Some("application/vnd.barid.dead-letter");

    fn classified(exchange: &str, content_type: Option<&str>) -> Stray {
        let names = Names::new("barid".parse().unwrap(), "crm.events");
        classify(&names, exchange, content_type)
    }

    #[test]
    fn knows_deliveries_from_lanes_and_ladder() {
        for exchange in ["barid.lanes", "barid.due", "barid.delay.0", "barid.delay.17"] {
            assert_eq!(classified(exchange, WORK), Stray::Deliveries, "{exchange}");
        }
        assert_eq!(classified("barid.dead", DEAD), Stray::DeadLetter);
    }

    #[test]
    fn believes_no_content_type_from_the_events_exchange() {
        for content_type in [WORK, DEAD, Some("application/json"), None] {
            assert_eq!(classified("crm.events", content_type), Stray::Publication);
        }
    }

    #[test]
    fn leaves_the_rest_unknown() {
        assert_eq!(classified("", WORK), Stray::Unknown);
        assert_eq!(classified("barid.delay.18", WORK), Stray::Unknown);
        assert_eq!(classified("barid.dead", WORK), Stray::Unknown);
        assert_eq!(classified("barid.lanes", None), Stray::Unknown);
    }

    #[test]
    fn waits_only_for_lanes_that_should_be_there() {
        let has_own_lane = |id: &str| id == "sub_1";
        for key in ["work.0", "work.3", "0.1.0.work.1", "0.0.slow.3", "own.sub_1", "0.1.own.sub_1"] {
            assert_eq!(pause(key, 4, has_own_lane), PAUSE, "{key}");
        }
        for key in ["work.4", "0.1.work.9", "own.sub_2", "work", "work.x", ""] {
            assert_eq!(pause(key, 4, has_own_lane), Duration::ZERO, "{key}");
        }
    }
}
