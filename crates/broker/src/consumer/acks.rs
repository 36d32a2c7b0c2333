//! When to acknowledge what.
//!
//! An acknowledgement of "everything up to here" is the cheapest, but it cannot pass a message that is still being
//! worked on. So the settled run at the front is acknowledged together, and whatever is settled behind an unsettled
//! message for longer than a few milliseconds is acknowledged by itself, so that one slow delivery holds nobody's
//! prefetch slot.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How long a settled message waits behind an unsettled one before it is acknowledged by itself.
pub(super) const PATIENCE: Duration = Duration::from_millis(5);

/// One acknowledgement to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) tag: u64,
    pub(super) multiple: bool,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Open,
    Settled(Instant),
    /// Acknowledged by itself, or given back.
    Gone,
}

/// The unacknowledged messages of one channel, by delivery tag.
#[derive(Debug, Default)]
pub(super) struct AckWindow {
    /// The tag of the first slot.
    front: u64,
    slots: VecDeque<Slot>,
    open: usize,
    settled: usize,
}

impl AckWindow {
    /// A message arrived. Tags of a channel are consecutive.
    pub(super) fn received(&mut self, tag: u64) {
        if self.slots.is_empty() {
            self.front = tag;
        }
        self.slots.push_back(Slot::Open);
        self.open += 1;
    }

    /// The work on a message is done.
    pub(super) fn settled(&mut self, tag: u64, now: Instant) {
        if self.replace_open(tag, Slot::Settled(now)) {
            self.settled += 1;
        }
    }

    /// A message has been given back to the queue.
    pub(super) fn returned(&mut self, tag: u64) {
        self.replace_open(tag, Slot::Gone);
    }

    /// Messages the broker still counts against the prefetch.
    pub(super) fn unacknowledged(&self) -> usize {
        self.open + self.settled
    }

    /// Messages that are settled and not acknowledged.
    pub(super) fn settled_count(&self) -> usize {
        self.settled
    }

    /// The acknowledgements to send now.
    pub(super) fn flush(&mut self, now: Instant) -> Vec<Ack> {
        let mut acks = Vec::new();
        let mut last = None;
        while let Some(Slot::Settled(_) | Slot::Gone) = self.slots.front() {
            // A tag that is gone already is unknown to the broker, which closes the channel when it is named.
            if let Some(Slot::Settled(_)) = self.slots.pop_front() {
                last = Some(self.front);
                self.settled -= 1;
            }
            self.front += 1;
        }
        acks.extend(last.map(|tag| Ack { tag, multiple: true }));
        if self.settled > 0 {
            for (tag, slot) in (self.front..).zip(&mut self.slots) {
                if matches!(slot, Slot::Settled(since) if now - *since >= PATIENCE) {
                    *slot = Slot::Gone;
                    self.settled -= 1;
                    acks.push(Ack { tag, multiple: false });
                }
            }
        }
        acks
    }

    fn replace_open(&mut self, tag: u64, with: Slot) -> bool {
        let slot = tag.checked_sub(self.front).and_then(|index| self.slots.get_mut(usize::try_from(index).ok()?));
        match slot {
            Some(slot @ Slot::Open) => {
                *slot = with;
                self.open -= 1;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn window(tags: std::ops::RangeInclusive<u64>) -> AckWindow {
        let mut window = AckWindow::default();
        tags.for_each(|tag| window.received(tag));
        window
    }

    #[test]
    fn acknowledges_the_settled_front_together() {
        let now = Instant::now();
        let mut window = window(1..=4);
        for tag in [2, 1, 3] {
            window.settled(tag, now);
        }
        assert_eq!(window.flush(now), [Ack { tag: 3, multiple: true }]);
        assert_eq!(window.open, 1);
    }

    #[test]
    fn acknowledges_singly_what_waits_behind_a_slow_one() {
        let now = Instant::now();
        let mut window = window(1..=3);
        window.settled(2, now);
        assert_eq!(window.flush(now), []);
        assert_eq!(window.settled_count(), 1);
        assert_eq!(window.flush(now + PATIENCE), [Ack { tag: 2, multiple: false }]);
        window.settled(1, now);
        window.settled(3, now);
        assert_eq!(window.flush(now), [Ack { tag: 3, multiple: true }]);
    }

    #[test]
    fn never_names_a_tag_that_was_given_back() {
        let now = Instant::now();
        let mut window = window(1..=2);
        window.settled(1, now);
        window.returned(2);
        assert_eq!(window.flush(now), [Ack { tag: 1, multiple: true }]);
        assert_eq!(window.unacknowledged(), 0);
    }

    proptest! {
        /// The broker's side: a tag may be named once, `multiple` takes all unacknowledged up to it, and exactly what
        /// was settled is acknowledged.
        #[test]
        fn acknowledges_each_settled_message_exactly_once(
            steps in proptest::collection::vec((0_u8..4, any::<u64>()), 1..200),
        ) {
            let start = Instant::now();
            let (mut window, mut next, mut clock) = (AckWindow::default(), 1_u64, start);
            let (mut open, mut settled, mut unacked) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            for (step, dice) in steps {
                match step {
                    0 => { window.received(next); open.insert(next); unacked.insert(next); next += 1; }
                    1 | 2 if !open.is_empty() => {
                        let index = usize::try_from(dice % open.len() as u64).unwrap();
                        let tag = *open.iter().nth(index).unwrap();
                        open.remove(&tag);
                        if step == 1 { window.settled(tag, clock); settled.insert(tag); }
                        else { window.returned(tag); unacked.remove(&tag); }
                    }
                    _ => {
                        clock += Duration::from_millis(dice % 8);
                        for ack in window.flush(clock) {
                            prop_assert!(unacked.contains(&ack.tag), "tag {} is unknown", ack.tag);
                            let covered: Vec<u64> = unacked.iter().copied()
                                .filter(|tag| *tag == ack.tag || ack.multiple && *tag < ack.tag).collect();
                            for tag in covered {
                                prop_assert!(settled.contains(&tag), "{tag} was not settled");
                                unacked.remove(&tag);
                            }
                        }
                    }
                }
                prop_assert_eq!(window.open, open.len());
                prop_assert_eq!(window.unacknowledged(), unacked.len());
            }
            for tag in std::mem::take(&mut open) { window.settled(tag, clock); settled.insert(tag); }
            window.flush(clock);
            prop_assert_eq!(window.unacknowledged(), 0);
        }
    }
}
