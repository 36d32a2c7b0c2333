//! Which deliveries of an event travel together.
//!
//! A message in a lane carries the event once, with all its deliveries there: the broker's work per delivery divides by
//! the fan-out. Only the deliveries of slow subscriptions travel singly, each in its slow lane, so that they keep nobody
//! waiting; and those of subscriptions with a lane of their own.

use barid_broker::Lane;
use barid_broker::work::{Delivery, MAX_DELIVERIES};

/// The deliveries of one message, and the lane it goes to.
pub(crate) type Group = (Lane, Vec<Delivery>);

/// Where a subscription's deliveries belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// In the lanes that all share.
    Shared,
    /// In a lane of its own.
    Own,
}

/// Groups the deliveries of one event. `next_lane` says where each group of fast ones goes.
pub(crate) fn fanout(
    deliveries: impl IntoIterator<Item = (Delivery, Home)>,
    is_slow: impl Fn(&str) -> bool,
    mut next_lane: impl FnMut() -> Lane,
) -> Vec<Group> {
    let mut groups = Vec::with_capacity(1);
    let mut fast = Vec::new();
    for (delivery, home) in deliveries {
        if home == Home::Own {
            groups.push((Lane::own(&*delivery.subscription), vec![delivery]));
            continue;
        }
        if is_slow(&delivery.subscription) {
            groups.push((Lane::slow_for(&delivery.subscription), vec![delivery]));
            continue;
        }
        fast.push(delivery);
        if fast.len() == MAX_DELIVERIES {
            groups.push((next_lane(), std::mem::take(&mut fast)));
        }
    }
    if !fast.is_empty() {
        groups.push((next_lane(), fast));
    }
    groups
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn deliveries(count: usize) -> Vec<Delivery> {
        (0..count).map(|number| Delivery::first(format!("sub_{number}"), DateTime::UNIX_EPOCH)).collect()
    }

    fn shared(deliveries: Vec<Delivery>) -> impl Iterator<Item = (Delivery, Home)> {
        deliveries.into_iter().map(|delivery| (delivery, Home::Shared))
    }

    #[test]
    fn an_event_that_nobody_wants_makes_no_message() {
        assert_eq!(fanout(shared(deliveries(0)), |_| true, || Lane::Work(0)), []);
    }

    #[test]
    fn sixty_five_deliveries_are_two_messages() {
        let mut lanes = (0..).map(Lane::Work);
        let groups = fanout(shared(deliveries(65)), |_| false, || lanes.next().unwrap());
        let sizes: Vec<_> = groups.iter().map(|(lane, group)| (lane.clone(), group.len())).collect();
        assert_eq!(sizes, [(Lane::Work(0), 64), (Lane::Work(1), 1)]);
    }

    proptest! {
        #[test]
        fn every_delivery_travels_once_and_those_of_lanes_apart_alone(
            kinds in prop::collection::vec((any::<bool>(), any::<bool>()), 0..300),
        ) {
            let all = deliveries(kinds.len());
            let kind = |id: &str| kinds[id[4..].parse::<usize>().unwrap()];
            let is_slow = |id: &str| kind(id).0;
            let home = |id: &str| if kind(id).1 { Home::Own } else { Home::Shared };
            let homed = all.iter().map(|delivery| (delivery.clone(), home(&delivery.subscription)));
            let groups = fanout(homed, is_slow, || Lane::Work(7));

            let mut seen: Vec<_> = groups.iter().flat_map(|(_, group)| group.clone()).collect();
            seen.sort_by_key(|delivery| delivery.subscription[4..].parse::<usize>().unwrap());
            prop_assert_eq!(seen, all);

            for (lane, group) in &groups {
                if let Lane::Own(id) = lane {
                    prop_assert_eq!(group.len(), 1);
                    prop_assert_eq!(id, &group[0].subscription);
                    prop_assert_eq!(home(id), Home::Own);
                } else if lane.is_slow() {
                    prop_assert_eq!(group.len(), 1);
                    prop_assert_eq!(home(&group[0].subscription), Home::Shared);
                    prop_assert_eq!(lane, &Lane::slow_for(&group[0].subscription));
                    prop_assert!(is_slow(&group[0].subscription));
                } else {
                    prop_assert_eq!(lane, &Lane::Work(7));
                    prop_assert!((1..=MAX_DELIVERIES).contains(&group.len()));
                    prop_assert!(!group.iter().any(|delivery| is_slow(&delivery.subscription)));
                    prop_assert!(!group.iter().any(|delivery| home(&delivery.subscription) == Home::Own));
                }
            }
            let fast = kinds.iter().filter(|kind| **kind == (false, false)).count();
            let messages = groups.iter().filter(|(lane, _)| matches!(lane, Lane::Work(_))).count();
            prop_assert_eq!(messages, fast.div_ceil(MAX_DELIVERIES));
        }
    }
}
