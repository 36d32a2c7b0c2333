//! A subscription, compiled: who wants what, sent where, signed how, attempted how. Its parts are made by constructors that
//! check, so a subscription is always one that can be delivered to.

use std::{iter, slice, sync::Arc, time::Duration};

use barid_event::{Pattern, Tenant};
use barid_signature::Signer;

use crate::{
    destination::Destination, filter::Filter, id::SubscriptionId, lane::OwnLane, name::Name, payload::Payload,
    policy::Policy, verification::RequestOrigin,
};

/// The most patterns a subscription may have.
pub const MAX_PATTERNS: usize = 100;

/// Who wants what, sent where, under which delivery policy. Its `Debug` shows no secret and of the URL only the host.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// What deliveries, queues and records call it.
    pub id: SubscriptionId,
    /// What people call it; unique within the tenant.
    pub name: Name,
    /// Whose events it gets.
    pub tenant: Tenant,
    /// Which types of event it gets.
    pub patterns: Patterns,
    /// Which of those it gets; all of them without.
    pub filter: Option<Filter>,
    /// What a delivery consists of.
    pub payload: Arc<Payload>,
    /// Where deliveries go.
    pub destination: Destination,
    /// Who deliveries say they come from, where the receiver has agreed to that.
    pub origin: Option<RequestOrigin>,
    /// What signs deliveries.
    pub signer: Signer,
    /// How deliveries are attempted.
    pub policy: Policy,
    /// Whether deliveries wait until it is resumed.
    pub paused: bool,
    /// Whether it has a lane of its own.
    pub lane: OwnLane,
    /// The revision of the store at which it last changed; 0 if it comes from a file.
    pub revision: u64,
}

impl Subscription {
    /// The longest time from the start of a delivery's first attempt to the end of its last: what the schedule takes (see
    /// [`Schedule::horizon`](crate::Schedule::horizon)), cut to the horizon that the subscription sets.
    pub fn horizon(&self) -> Duration {
        let schedule = self.policy.schedule().horizon(self.destination.timeout());
        self.policy.horizon().map_or(schedule, |horizon| horizon.min(schedule))
    }

    /// Whether the two would deliver the same events in the same way, secrets included. Revisions do not count.
    pub fn same_settings(&self, other: &Self) -> bool {
        self.name == other.name
            && self.tenant == other.tenant
            && self.patterns == other.patterns
            && self.filter == other.filter
            && self.payload == other.payload
            && self.destination == other.destination
            && self.origin == other.origin
            && self.policy == other.policy
            && self.signer == other.signer
            && (self.paused, self.lane) == (other.paused, other.lane)
    }
}

/// The patterns of a subscription: at least one, at most [`MAX_PATTERNS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns(Box<[Pattern]>);

/// There are no patterns, or more than [`MAX_PATTERNS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("events has {0} patterns: give 1 to {MAX_PATTERNS}")]
pub struct InvalidPatterns(usize);

impl Patterns {
    /// These patterns.
    pub fn new(patterns: impl Into<Box<[Pattern]>>) -> Result<Self, InvalidPatterns> {
        let patterns = patterns.into();
        if (1..=MAX_PATTERNS).contains(&patterns.len()) {
            Ok(Self(patterns))
        } else {
            Err(InvalidPatterns(patterns.len()))
        }
    }

    /// The patterns, in the order given.
    pub fn iter(&self) -> slice::Iter<'_, Pattern> {
        self.0.iter()
    }
}

impl<'a> iter::IntoIterator for &'a Patterns {
    type Item = &'a Pattern;
    type IntoIter = slice::Iter<'a, Pattern>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pausing_changes_settings_and_a_revision_does_not() {
        let text = "subscriptions: [{name: a, events: [deal.won], destination: {url: 'https://example.com/'}, \
                    signing: {secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}}]";
        let one = crate::file::parse(text, false).unwrap().remove(0).compile();
        assert!(one.same_settings(&Subscription { revision: 7, ..one.clone() }));
        assert!(!one.same_settings(&Subscription { paused: true, ..one.clone() }));
        assert!(!one.same_settings(&Subscription { lane: OwnLane::Open, ..one.clone() }));
    }

    #[test]
    fn refuses_no_patterns_and_too_many() {
        assert_eq!(Patterns::new([]), Err(InvalidPatterns(0)));
        let pattern: Pattern = "deal.#".parse().unwrap();
        assert!(Patterns::new(vec![pattern.clone(); 100]).is_ok());
        let refused = Patterns::new(vec![pattern; 101]).unwrap_err();
        assert_eq!(refused.to_string(), "events has 101 patterns: give 1 to 100");
    }
}
