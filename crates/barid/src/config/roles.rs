//! What an operator may set about the roles. Limits that only a developer could judge stay in their crates.

use std::time::Duration;

use barid_dispatcher::Limits;
use barid_egress::Guard;
use barid_event::amqp;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::text::duration;

/// The most requests in flight of a process, of whatever sort: each costs a connection and its buffers.
const MAX_SLOTS: usize = 65_536;

/// The largest event that can be allowed, in bytes. With its envelope around it, it still fits a message of the broker.
const MAX_EVENT_BYTES: usize = 15 << 20;

/// The most that can be read of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 << 20;

/// The most that can be kept of a response, in bytes: a record is to stay small.
const MAX_EXCERPT: usize = 1024;

/// The section `router`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Router {
    /// Events taken and not yet routed.
    pub(crate) prefetch: u16,
    /// Work lanes per tenant.
    pub(crate) lanes_per_tenant: u16,
    /// The largest event, in bytes.
    pub(crate) max_event_bytes: usize,
    /// The time between two canaries.
    #[serde(with = "duration")]
    pub(crate) canary_every: Duration,
}

/// The section `dispatcher`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dispatcher {
    /// Requests in flight, work lanes.
    pub(crate) slots: usize,
    /// Requests in flight, slow lanes.
    pub(crate) slow_slots: usize,
    /// Messages per lane taken and not yet settled.
    pub(crate) prefetch: u16,
    /// Bytes of a response's body that are kept in the history.
    pub(crate) excerpt: usize,
    /// Requests in flight to one host.
    pub(crate) per_host: usize,
    /// How old a request must be before what waits behind it is handed on.
    #[serde(with = "duration")]
    pub(crate) hand_over_after: Duration,
    /// A success within this time is fast.
    #[serde(with = "duration")]
    pub(crate) fast: Duration,
    /// A longer attempt makes its subscription unproven.
    #[serde(with = "duration")]
    pub(crate) slow: Duration,
    /// How often a subscription may be unknown here before its delivery is given up.
    pub(crate) max_unknown: u32,
    /// How long a name look-up may take.
    #[serde(with = "duration")]
    pub(crate) dns_timeout: Duration,
    /// How long connecting may take.
    #[serde(with = "duration")]
    pub(crate) connect_timeout: Duration,
    /// Unused connections kept per host.
    pub(crate) idle_connections_per_host: usize,
    /// How long they are kept.
    #[serde(with = "duration")]
    pub(crate) idle_timeout: Duration,
    /// Bytes of a response's body that are read.
    pub(crate) max_response_bytes: usize,
}

impl Router {
    /// What is accepted as an event.
    pub(crate) fn limits(&self) -> amqp::Limits {
        amqp::Limits { max_body: self.max_event_bytes, ..amqp::Limits::default() }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.within("router.prefetch", self.prefetch, 1..=u16::MAX);
        problems.within("router.lanes_per_tenant", self.lanes_per_tenant, 1..=64);
        problems.within("router.max_event_bytes", self.max_event_bytes, 1..=MAX_EVENT_BYTES);
        if self.canary_every.is_zero() {
            problems.add("router.canary_every", "is 0s: give more".to_owned());
        }
    }
}

impl Dispatcher {
    /// The limits of the role.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            slots: self.slots,
            slow_slots: self.slow_slots,
            prefetch: self.prefetch,
            per_host: self.per_host,
            hand_over_after: self.hand_over_after,
            fast: self.fast,
            slow: self.slow,
            max_unknown: self.max_unknown,
            ..Limits::default()
        }
    }

    /// How requests are made.
    pub(crate) fn egress(&self, guard: Guard) -> barid_egress::Config {
        barid_egress::Config {
            guard,
            dns_timeout: self.dns_timeout,
            connect_timeout: self.connect_timeout,
            pool_idle_timeout: self.idle_timeout,
            pool_max_idle_per_host: self.idle_connections_per_host,
            max_response_body: self.max_response_bytes,
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.within("dispatcher.slots", self.slots, 1..=MAX_SLOTS);
        problems.within("dispatcher.slow_slots", self.slow_slots, 1..=MAX_SLOTS);
        problems.within("dispatcher.prefetch", self.prefetch, 1..=u16::MAX);
        problems.within("dispatcher.excerpt", self.excerpt, 0..=MAX_EXCERPT);
        problems.within("dispatcher.per_host", self.per_host, 1..=MAX_SLOTS);
        problems.within("dispatcher.max_response_bytes", self.max_response_bytes, 1..=MAX_RESPONSE_BYTES);
        for (key, value) in [
            ("dispatcher.hand_over_after", self.hand_over_after),
            ("dispatcher.fast", self.fast),
            ("dispatcher.slow", self.slow),
            ("dispatcher.dns_timeout", self.dns_timeout),
            ("dispatcher.connect_timeout", self.connect_timeout),
        ] {
            if value.is_zero() {
                problems.add(key, "is 0s: give more".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn the_default_file_says_what_the_roles_have_by_default() {
        let defaults = settings("");
        assert_eq!(defaults.dispatcher.limits(), Limits::default());
        assert_eq!(defaults.router.limits(), amqp::Limits::default());
        let egress = defaults.dispatcher.egress(defaults.security.guard());
        assert_eq!(format!("{egress:?}"), format!("{:?}", barid_egress::Config::default()));
    }
}
