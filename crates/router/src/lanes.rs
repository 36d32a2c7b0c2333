//! Which work lane a tenant's next message goes to.
//!
//! A tenant keeps to a few of the work lanes, the same in every router: one that floods its lanes delays the tenants that
//! share them, and no others. Of its lanes it takes the shorter one. Depths are known once a second; in between every
//! message put into a lane counts on top, so that not all of a second's messages go to what was the shorter lane once.

use barid_broker::Lane;
use barid_broker::names::stable_hash;
use barid_event::Tenant;

/// The work lanes, and how long they are.
#[derive(Debug)]
pub(crate) struct Lanes {
    /// By number: messages ready at the last look, and those put there since.
    depths: Vec<u32>,
    per_tenant: usize,
    /// Counts messages, so that lanes of the same length are taken in turn.
    turn: usize,
}

impl Lanes {
    /// `count` work lanes, of which a tenant uses `per_tenant`; at least one of either.
    pub(crate) fn new(count: u16, per_tenant: u16) -> Self {
        let count = usize::from(count.max(1));
        Self { depths: vec![0; count], per_tenant: usize::from(per_tenant.max(1)).min(count), turn: 0 }
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
        self.turn = self.turn.wrapping_add(1);
        let shortest = (0..width)
            .map(|step| (first + (self.turn + step) % width) % count)
            .min_by_key(|number| self.depths[*number])
            .unwrap_or_default();
        self.depths[shortest] = self.depths[shortest].saturating_add(1);
        // There are as many lanes as a u16 says, so none has a larger number.
        Lane::Work(u16::try_from(shortest).unwrap_or_default())
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
            Lane::Slow(_) => panic!("{lane} is no work lane"),
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
        lanes.measured(&[10, 7]);
        let taken: Vec<_> = (0..3).map(|_| lanes.next(&tenant("a"), false)).collect();
        assert_eq!(taken, [Lane::Work(1), Lane::Work(1), Lane::Work(1)]);
        let taken: BTreeSet<_> = (0..2).map(|_| lanes.next(&tenant("a"), false).to_string()).collect();
        assert_eq!(taken.len(), 2);
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
            prop_assert!(depths[0] - depths[width - 1] <= 1);
            prop_assert_eq!(depths.iter().sum::<u32>(), messages);
        }
    }
}
