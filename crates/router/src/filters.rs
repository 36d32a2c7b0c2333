//! Which of the subscriptions that match an event's type want it by their filters, and what becomes of filters that are slow.
//!
//! A router that waits for one subscription's expression keeps everybody waiting, so an expression that is slow again and
//! again is switched off in this process, until it is changed: its subscription gets nothing meanwhile, with one warning and
//! a count that operators can alert on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use barid_registry::{
    Facts, Filter, SLOW_FILTER as SLOW, SLOW_FILTER_STRIKES as STRIKES, Subscription, SubscriptionId, Verdict,
};
use tracing::warn;

/// The most filters whose strikes are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// What the filters said of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// It is wanted.
    pub(crate) matched: u64,
    /// It is not wanted.
    pub(crate) unmatched: u64,
    /// The expression cannot be evaluated on it.
    pub(crate) errors: u64,
    /// The filter is switched off.
    pub(crate) skipped: u64,
    /// The filter was switched off by this event.
    pub(crate) switched_off: u64,
}

/// The filters that were slow lately.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    slow: HashMap<SubscriptionId, (Filter, u8)>,
}

impl Filters {
    /// Whether a subscription wants the event of these facts.
    pub(crate) fn wants(&mut self, subscription: &Subscription, facts: &Facts<'_>, tally: &mut Tally) -> bool {
        let Some(filter) = &subscription.filter else {
            return true;
        };
        if self.is_off(&subscription.id, filter) {
            tally.skipped += 1;
            return false;
        }
        let began = Instant::now();
        let verdict = filter.judge(facts);
        if self.took(&subscription.id, filter, began.elapsed()) {
            tally.switched_off += 1;
            warn!(
                subscription = subscription.id.as_str(),
                tenant = subscription.tenant.as_str(),
                "a filter was slow {STRIKES} times in a row and is switched off: its subscription gets no events from this \
                 process until the filter is changed"
            );
        }
        match verdict {
            Verdict::Match => tally.matched += 1,
            Verdict::NoMatch => tally.unmatched += 1,
            Verdict::Error(_) => tally.errors += 1,
        }
        verdict == Verdict::Match
    }

    fn is_off(&self, id: &SubscriptionId, filter: &Filter) -> bool {
        self.slow.get(id).is_some_and(|(slow, strikes)| *strikes >= STRIKES && slow == filter)
    }

    /// Notes how long an evaluation took. Returns whether this switches the filter off.
    fn took(&mut self, id: &SubscriptionId, filter: &Filter, time: Duration) -> bool {
        if time <= SLOW {
            if !self.slow.is_empty() {
                self.slow.remove(id);
            }
            return false;
        }
        if self.slow.len() >= MAX_REMEMBERED && !self.slow.contains_key(id) {
            // Those that are off stay off, unless they are all there is.
            self.slow.retain(|_, (_, strikes)| *strikes >= STRIKES);
            if self.slow.len() >= MAX_REMEMBERED {
                self.slow.clear();
            }
        }
        let (slow, strikes) = self.slow.entry(id.clone()).or_insert_with(|| (filter.clone(), 0));
        if slow != filter {
            (*slow, *strikes) = (filter.clone(), 0);
        }
        *strikes = strikes.saturating_add(1);
        *strikes == STRIKES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_millis(6);

    fn id() -> SubscriptionId {
        SubscriptionId::derive(&"acme".parse().unwrap(), &"a".parse().unwrap())
    }

    fn filter(source: &str) -> Filter {
        source.parse().unwrap()
    }

    #[test]
    fn three_slow_evaluations_in_a_row_switch_a_filter_off() {
        let (mut filters, id, filter) = (Filters::default(), id(), filter("data.a == 1"));
        assert!(!filters.took(&id, &filter, LONG));
        assert!(!filters.took(&id, &filter, LONG));
        assert!(!filters.is_off(&id, &filter));
        assert!(filters.took(&id, &filter, LONG));
        assert!(filters.is_off(&id, &filter));
    }

    #[test]
    fn a_fast_evaluation_forgives() {
        let (mut filters, id, filter) = (Filters::default(), id(), filter("data.a == 1"));
        for time in [LONG, LONG, SLOW, LONG, LONG] {
            assert!(!filters.took(&id, &filter, time));
        }
        assert!(!filters.is_off(&id, &filter));
    }

    #[test]
    fn a_changed_filter_is_on_again() {
        let (mut filters, id, before, after) = (Filters::default(), id(), filter("data.a == 1"), filter("data.b == 1"));
        for _ in 0..STRIKES {
            filters.took(&id, &before, LONG);
        }
        assert!(!filters.is_off(&id, &after));
        assert!(!filters.took(&id, &after, LONG));
        assert!(!filters.is_off(&id, &after));
    }
}
