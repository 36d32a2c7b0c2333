//! Which deliveries of an event travel together.
//!
//! A message in a lane carries the event once, with all its deliveries there: the broker's work per delivery divides by
//! the fan-out. Only the deliveries of slow subscriptions travel singly, each in its slow lane, so that they keep nobody
//! waiting.

use barid_broker::Lane;
use barid_broker::work::{Delivery, MAX_DELIVERIES};

/// The deliveries of one message, and the lane it goes to.
pub(crate) type Group = (Lane, Vec<Delivery>);

/// Groups the deliveries of one event. `next_lane` says where each group of fast ones goes.
pub(crate) fn fanout(
    deliveries: impl IntoIterator<Item = Delivery>,
    is_slow: impl Fn(&str) -> bool,
    mut next_lane: impl FnMut() -> Lane,
) -> Vec<Group> {
    let mut groups = Vec::with_capacity(1);
    let mut fast = Vec::new();
    for delivery in deliveries {
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

    #[test]
    fn an_event_that_nobody_wants_makes_no_message() {
        assert_eq!(fanout(deliveries(0), |_| true, || Lane::Work(0)), []);
    }

    #[test]
    fn sixty_five_deliveries_are_two_messages() {
        let mut lanes = (0..).map(Lane::Work);
        let groups = fanout(deliveries(65), |_| false, || lanes.next().unwrap());
        let sizes: Vec<_> = groups.iter().map(|(lane, group)| (lane.clone(), group.len())).collect();
        assert_eq!(sizes, [(Lane::Work(0), 64), (Lane::Work(1), 1)]);
    }

    proptest! {
        #[test]
        fn every_delivery_travels_once_and_slow_ones_alone(slow in prop::collection::vec(any::<bool>(), 0..300)) {
            let all = deliveries(slow.len());
            let is_slow = |id: &str| slow[id[4..].parse::<usize>().unwrap()];
            let groups = fanout(all.clone(), is_slow, || Lane::Work(7));

            let mut seen: Vec<_> = groups.iter().flat_map(|(_, group)| group.clone()).collect();
            seen.sort_by_key(|delivery| delivery.subscription[4..].parse::<usize>().unwrap());
            prop_assert_eq!(seen, all);

            for (lane, group) in &groups {
                if lane.is_slow() {
                    prop_assert_eq!(group.len(), 1);
                    prop_assert_eq!(lane, &Lane::slow_for(&group[0].subscription));
                    prop_assert!(is_slow(&group[0].subscription));
                } else {
                    prop_assert_eq!(lane, &Lane::Work(7));
                    prop_assert!((1..=MAX_DELIVERIES).contains(&group.len()));
                    prop_assert!(!group.iter().any(|delivery| is_slow(&delivery.subscription)));
                }
            }
            let fast = slow.iter().filter(|slow| !**slow).count();
            let messages = groups.iter().filter(|(lane, _)| !lane.is_slow()).count();
            prop_assert_eq!(messages, fast.div_ceil(MAX_DELIVERIES));
        }
    }
}
