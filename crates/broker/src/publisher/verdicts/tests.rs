use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;

fn returned(sequence: Sequence) -> Return {
    Return { sequence, code: 312, text: "NO_ROUTE".to_owned() }
}

fn settle(verdicts: &mut Verdicts) -> BTreeMap<Sequence, Verdict> {
    let mut decided = BTreeMap::new();
    verdicts.settle(|sequence, verdict| {
        assert!(decided.insert(sequence, verdict).is_none(), "{sequence} was decided twice");
    });
    decided
}

#[test]
fn a_return_attached_to_a_neighbour_is_given_to_its_owner() {
    let mut verdicts = Verdicts::default();
    verdicts.resolved(1, true, Some(returned(2)));
    verdicts.resolved(2, true, None);
    let decided = settle(&mut verdicts);
    assert_eq!(decided[&1], Verdict::Confirmed);
    assert!(matches!(decided[&2], Verdict::Returned { code: 312, .. }));
}

#[test]
fn a_carrier_waits_until_the_owner_of_what_it_carried_is_confirmed() {
    let mut verdicts = Verdicts::default();
    verdicts.resolved(4, true, Some(returned(2)));
    assert!(settle(&mut verdicts).is_empty(), "its own return may still be on the way");
    verdicts.resolved(2, true, Some(returned(4)));
    let decided = settle(&mut verdicts);
    assert!(matches!(decided[&2], Verdict::Returned { .. }));
    assert!(matches!(decided[&4], Verdict::Returned { .. }));
}

#[test]
fn a_refusal_is_not_a_confirm() {
    let mut verdicts = Verdicts::default();
    verdicts.resolved(1, false, None);
    assert_eq!(settle(&mut verdicts)[&1], Verdict::Nacked);
}

/// The client library, as read in its source: returns queue up; each confirm it resolves takes the oldest.
#[derive(Default)]
struct Library {
    waiting: VecDeque<Return>,
    resolved: Vec<(Sequence, Option<Return>)>,
}

impl Library {
    fn resolve(&mut self, sequence: Sequence) {
        let carried = self.waiting.pop_front();
        self.resolved.push((sequence, carried));
    }
}

proptest! {
    /// Any routable/unroutable mix, any order of the broker's confirms (a return always before its own confirm), any
    /// grouping into multiple confirms, any cut into batches, any order within a batch.
    #[test]
    fn each_publish_gets_its_own_verdict(
        unroutable in proptest::collection::vec(any::<bool>(), 1..60),
        seed in any::<u64>(),
    ) {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut library = Library::default();
        // Confirms may overtake each other (a quorum queue answers later than "no route" does).
        let mut open: Vec<usize> = (0..unroutable.len()).collect();
        dice.shuffle(&mut open);
        let mut sent_return = vec![false; unroutable.len()];
        while !open.is_empty() {
            let group = dice.usize(1..=open.len().min(5));
            let mut confirmed: Vec<usize> = open.drain(..group).collect();
            for index in &confirmed {
                if unroutable[*index] && !std::mem::replace(&mut sent_return[*index], true) {
                    library.waiting.push_back(returned(*index as u64));
                }
            }
            // Returns of later confirms may be on the wire already.
            if let Some(index) = open.first().copied().filter(|i| unroutable[*i] && dice.bool())
                && !std::mem::replace(&mut sent_return[index], true)
            {
                library.waiting.push_back(returned(index as u64));
            }
            dice.shuffle(&mut confirmed);
            for index in confirmed {
                library.resolve(index as u64);
            }
        }

        let mut verdicts = Verdicts::default();
        let mut decided = BTreeMap::new();
        let mut rest = library.resolved;
        while !rest.is_empty() {
            let cut = dice.usize(1..=rest.len());
            let mut batch: Vec<_> = rest.drain(..cut).collect();
            dice.shuffle(&mut batch);
            for (sequence, carried) in batch {
                verdicts.resolved(sequence, true, carried);
            }
            verdicts.settle(|sequence, verdict| {
                assert!(decided.insert(sequence, verdict).is_none(), "{sequence} was decided twice");
            });
        }

        prop_assert_eq!(decided.len(), unroutable.len());
        for (index, unroutable) in unroutable.iter().enumerate() {
            let is_returned = matches!(decided[&(index as u64)], Verdict::Returned { .. });
            prop_assert_eq!(is_returned, *unroutable, "publish {}", index);
        }
    }
}
