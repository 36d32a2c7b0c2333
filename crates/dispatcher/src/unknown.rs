//! What to do with a delivery whose subscription this process does not know.
//!
//! Unknown is not deleted: the router that made the delivery may have a newer registry. Only a registry at the same or a
//! newer revision proves that the subscription is gone, and one that has it and cannot read it proves nothing. Nor do
//! subscriptions from a file, which have no revisions. Then the delivery waits on the ladder and ends, if nobody ever
//! knows the subscription, as a dead letter; never as a bare acknowledgement.

use std::time::Duration;

/// How long the delivery waits before it is looked up again.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// The verdict on an unknown subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It may become known: wait on the ladder.
    Wait,
    /// It was deleted: the delivery is cancelled.
    Deleted,
    /// It was never heard of for too long: a dead letter.
    GiveUp,
}

/// Decides by the registry revision the delivery was routed with, the one at which the subscription is known to be absent
/// ([`Snapshot::absent_at`](barid_registry::Snapshot::absent_at)), and how often the delivery has waited.
pub(crate) fn decide(routed: Option<u64>, absent_at: Option<u64>, waited: u32, max_unknown: u32) -> Unknown {
    match (routed, absent_at) {
        (Some(routed), Some(absent_at)) if absent_at >= routed => Unknown::Deleted,
        _ if waited < max_unknown => Unknown::Wait,
        _ => Unknown::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use barid_registry::{Changes, Snapshot};

    use super::*;

    #[test]
    fn waits_while_the_registry_here_is_older() {
        assert_eq!(decide(Some(7), Some(6), 0, 3), Unknown::Wait);
        assert_eq!(decide(Some(7), None, 0, 3), Unknown::Wait);
    }

    #[test]
    fn is_deleted_only_at_the_same_or_a_newer_revision() {
        assert_eq!(decide(Some(7), Some(7), 0, 3), Unknown::Deleted);
        assert_eq!(decide(Some(7), Some(8), 0, 3), Unknown::Deleted);
    }

    #[test]
    fn waits_for_one_that_is_registered_and_cannot_be_read_here() {
        let snapshot = Snapshot::default().with(Changes::default(), 8).beside(HashSet::from(["sub_lost".into()]));
        assert_eq!(decide(Some(7), snapshot.absent_at("sub_lost"), 0, 3), Unknown::Wait);
        assert_eq!(decide(Some(7), snapshot.absent_at("sub_gone"), 0, 3), Unknown::Deleted);
    }

    #[test]
    fn gives_up_after_waiting_often_enough_when_nothing_proves_anything() {
        assert_eq!(decide(None, None, 2, 3), Unknown::Wait);
        assert_eq!(decide(None, None, 3, 3), Unknown::GiveUp);
    }
}
