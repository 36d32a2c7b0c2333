//! Which publish did a `basic.return` belong to?
//!
//! The client library hands a return to whichever confirm it resolves next, so with publishes in flight the wrong one
//! looks unroutable. Returns are matched here by their correlation id instead. The broker sends a return before the
//! confirm of the same publish, and the library attaches returns first come, first served. Hence:
//!
//! - a confirm that carries nothing proves that every return sent before it was attached to an earlier confirm;
//! - a confirm that carries *another* publish's return proves nothing about its own, which may still be waiting. It is
//!   decided once every returned publish seen so far has had its own confirm: following "carries the return of" from
//!   the undecided one must then end at a confirm that carried nothing, and that one came later.

use std::collections::{HashMap, HashSet};

/// The number of a publish, unique for the life of its publisher. It travels as the correlation id.
pub(super) type Sequence = u64;

/// A message the broker could not route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Return {
    pub(super) sequence: Sequence,
    pub(super) code: u16,
    pub(super) text: String,
}

/// What became of one publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed,
    Nacked,
    Returned { code: u16, text: String },
}

/// Collects confirms and returns, and says what they mean.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// Returns seen whose publish has no confirm yet, or none we have decided on.
    returned: HashMap<Sequence, Return>,
    /// Returned publishes whose own confirm has not been seen.
    awaited: HashSet<Sequence>,
    /// Confirms that carried the return of another publish; the flag is "acknowledged".
    undecided: HashMap<Sequence, bool>,
    /// Confirms of this batch that carried nothing, or their own return.
    batch: Vec<(Sequence, bool)>,
}

impl Verdicts {
    /// Takes in one confirm, and the return that happened to be attached to it.
    pub(super) fn resolved(&mut self, sequence: Sequence, acked: bool, carried: Option<Return>) {
        self.awaited.remove(&sequence);
        match carried {
            None => self.batch.push((sequence, acked)),
            Some(own) if own.sequence == sequence => {
                self.returned.insert(sequence, own);
                self.batch.push((sequence, acked));
            }
            Some(other) => {
                let resolved_already = self.undecided.contains_key(&other.sequence)
                    || self.batch.iter().any(|(seen, _)| *seen == other.sequence);
                if !resolved_already {
                    self.awaited.insert(other.sequence);
                }
                self.returned.insert(other.sequence, other);
                self.undecided.insert(sequence, acked);
            }
        }
    }

    /// Ends a batch: everything the library had resolved by now has been passed to [`Verdicts::resolved`]. Calls
    /// `decide` for each publish whose fate is now known.
    pub(super) fn settle(&mut self, mut decide: impl FnMut(Sequence, Verdict)) {
        for (sequence, acked) in self.batch.drain(..) {
            decide(sequence, verdict(acked, self.returned.remove(&sequence)));
        }
        // The common case ends here: no return was ever seen.
        if self.undecided.is_empty() {
            return;
        }
        let returned = &mut self.returned;
        self.undecided.retain(|sequence, acked| match returned.remove(sequence) {
            Some(own) => {
                decide(*sequence, verdict(*acked, Some(own)));
                false
            }
            None => true,
        });
        if self.awaited.is_empty() {
            for (sequence, acked) in self.undecided.drain() {
                decide(sequence, verdict(acked, None));
            }
        }
    }
}

fn verdict(acked: bool, returned: Option<Return>) -> Verdict {
    match returned {
        Some(Return { code, text, .. }) => Verdict::Returned { code, text },
        None if acked => Verdict::Confirmed,
        None => Verdict::Nacked,
    }
}

#[cfg(test)]
mod tests;
