//! Which work lane a tenant's next message goes to.
//!
//! A tenant keeps to a few of the work lanes, the same in every router: one that floods its lanes delays the tenants that
//! share them, and no others. Of its lanes it takes the shorter one. Depths are known once a second; in between every
//! message put into a lane counts on top, so that not all of a second's messages go to what was the shorter lane once.
//! A lane once chosen is kept for some messages: a queue that gets several at a time writes them together.

use barid_broker::Lane;
use barid_broker::names::stable_hash;
use barid_event::Tenant;

/// The work lanes, and how long they are.
#[derive(Debug)]
pub(crate) struct Lanes {
    /// By number: messages ready at the last look, and those put there since.
    depths: Vec<u32>,
    per_tenant: usize,
    /// Counts choices, so that lanes of the same length are taken in turn.
    turn: usize,
    /// By the first lane of a tenant: the lane chosen last, and for how many messages it is kept.
    kept: Vec<(usize, u32)>,
}

/// Messages that go to a lane before it is chosen anew.
const KEEP: u32 = 16;

impl Lanes {
    /// `count` work lanes, of which a tenant uses `per_tenant`; at least one of either.
    pub(crate) fn new(count: u16, per_tenant: u16) -> Self {
        let count = usize::from(count.max(1));
        let per_tenant = usize::from(per_tenant.max(1)).min(count);
        Self { depths: vec![0; count], per_tenant, turn: 0, kept: vec![(0, 0); count] }
    }

    /// Takes over the depths just seen, by number. Those of lanes beyond ours are ignored.
    pub(crate) fn measured(&mut self, depths: &[u32]) {
        for (depth, measured) in self.depths.iter_mut().zip(depths) {
            *depth = *measured;
        }
    }

    /// The lane for the next message of `tenant`: the shortest of its lanes. A tenant that `is_alone` uses all lanes.
    pub(crate) fn next(&mut self, tenant: &Tenant, is_alone: bool) -> Lane {
        let count = self.depths.len();
        let width = if is_alone { count } else { self.per_tenant };
        let first = first_lane(tenant, count);
        let (lane, left) = self.kept[first];
        let (lane, left) = if left > 0 { (lane, left - 1) } else { (self.shortest(first, width), KEEP - 1) };
        self.kept[first] = (lane, left);
        self.depths[lane] = self.depths[lane].saturating_add(1);
        // There are as many lanes as a u16 says, so none has a larger number.
        Lane::Work(u16::try_from(lane).unwrap_or_default())
    }

    fn shortest(&mut self, first: usize, width: usize) -> usize {
        let count = self.depths.len();
        self.turn = self.turn.wrapping_add(1);
        (0..width)
            .map(|step| (first + (self.turn + step) % width) % count)
            .min_by_key(|number| self.depths[*number])
            .unwrap_or_default()
    }
}

fn first_lane(tenant: &Tenant, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    usize::try_from(stable_hash(tenant.as_str()) % count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn tenant(name: &str) -> Tenant {
        name.parse().unwrap()
    }

    fn used(lanes: &mut Lanes, tenant: &Tenant, is_alone: bool) -> BTreeSet<u16> {
        let number = |lane| match lane {
            Lane::Work(number) => number,
            Lane::Slow(_) | Lane::Own(_) => panic!("{lane} is no work lane"),
        };
        (0..100).map(|_| number(lanes.next(tenant, is_alone))).collect()
    }

    #[test]
    fn a_tenant_keeps_to_its_two_lanes_and_several_use_them_all() {
        let mut all = BTreeSet::new();
        for number in 0..20 {
            let mine = used(&mut Lanes::new(4, 2), &tenant(&format!("t{number}")), false);
            assert_eq!(mine.len(), 2);
            all.extend(mine);
        }
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_single_tenant_uses_all_lanes() {
        assert_eq!(used(&mut Lanes::new(4, 2), &tenant("acme"), true).len(), 4);
    }

    #[test]
    fn takes_the_shorter_lane_until_both_are_as_long() {
        let mut lanes = Lanes::new(2, 2);
        lanes.measured(&[40, 7]);
        let taken: Vec<_> = (0..3 * KEEP).map(|_| lanes.next(&tenant("a"), false)).collect();
        assert!(taken.iter().all(|lane| *lane == Lane::Work(1)));
        assert_eq!(lanes.next(&tenant("a"), false), Lane::Work(0));
    }

    proptest! {
        #[test]
        fn spreads_messages_evenly(count in 1_u16..9, per_tenant in 1_u16..9, messages in 1_u32..500) {
            let mut lanes = Lanes::new(count, per_tenant);
            for _ in 0..messages {
                lanes.next(&Tenant::default(), false);
            }
            let width = usize::from(per_tenant.min(count));
            let mut depths = lanes.depths;
            depths.sort_unstable_by(|a, b| b.cmp(a));
            prop_assert!(depths[0] - depths[width - 1] <= KEEP);
            prop_assert_eq!(depths.iter().sum::<u32>(), messages);
        }
    }
}
