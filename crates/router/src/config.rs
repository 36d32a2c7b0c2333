//! What can be chosen about a router.

use std::time::Duration;

use barid_event::amqp::Limits;

use crate::publishers::Publishers;

/// A router's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Messages of the inbox that are in work at a time. Default 512.
    pub prefetch: u16,
    /// How many work lanes there are, at least 1; the same number everywhere. Default 4.
    pub work_lanes: u16,
    /// How many work lanes a tenant uses, at least 1. A single tenant uses all of them. Default 2.
    pub lanes_per_tenant: u16,
    /// What is accepted of a message at most. A body over 15 MiB is refused, whatever this says.
    pub limits: Limits,
    /// Who may publish for whom. Default: everybody for everybody.
    pub publishers: Publishers,
    /// Subscriptions that one event may reach, where its tenant's quota says nothing else. An event that wants more is not
    /// delivered in part, but becomes a dead letter. Default 1,000.
    pub max_fanout: u32,
    /// The time between two canaries. Default 60 s.
    pub canary_interval: Duration,
    /// How long publishing may be impossible before unpublished messages go back to their queues; a single message that
    /// cannot be published goes back after twice as long. At most 5 minutes, since the broker closes a channel that holds a
    /// message for long. Default 60 s.
    pub give_back_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prefetch: 512,
            work_lanes: 4,
            lanes_per_tenant: 2,
            limits: Limits::default(),
            publishers: Publishers::default(),
            max_fanout: 1000,
            canary_interval: Duration::from_mins(1),
            give_back_after: Duration::from_mins(1),
        }
    }
}
