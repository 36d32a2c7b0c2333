//! What a dispatcher has learned about one subscription.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use barid_event::Tenant;
use barid_registry::{Subscription, SubscriptionId};
use tokio::time::Instant;

use super::Ticket;
use super::flights::Flights;
use crate::limits::Limits;

/// How long one slow attempt makes a subscription unproven.
const UNPROVEN_FOR: Duration = Duration::from_mins(1);

/// The shortest time between two notices about the same subscription: routers that missed one hear the next.
const NOTICE_EVERY: Duration = Duration::from_secs(5);

/// One subscription's permits, and its record of late.
#[derive(Debug)]
pub(super) struct Subscriber {
    settings: Arc<Subscription>,
    /// `scheme://host:port` of the destination: what it shares with other subscriptions.
    pub(super) host: Arc<str>,
    pub(super) flights: Flights,
    pub(super) waiting: VecDeque<Ticket>,
    /// Whether it has a turn in the scheduler's queue.
    pub(super) queued: bool,
    /// Deliveries of shared lanes without a permit are handed on at once, until a success.
    pub(super) diverting: bool,
    /// Routers have been told, or have told us, to use its slow lane.
    pub(super) slow: bool,
    /// Requests in flight it may have now.
    permits: usize,
    record: Record,
    last_notice: Option<Instant>,
    hold: Option<(Duration, Instant)>,
}

/// How its attempts went of late.
#[derive(Debug, Default)]
struct Record {
    /// It had a fast success in this process.
    proven: bool,
    last_slow: Option<Instant>,
    quick_in_a_row: u32,
    failures_in_a_row: u32,
}

impl Subscriber {
    pub(super) fn new(settings: Arc<Subscription>, limits: &Limits) -> Self {
        Self {
            host: host(&settings),
            settings,
            flights: Flights::default(),
            waiting: VecDeque::new(),
            queued: false,
            diverting: false,
            slow: false,
            permits: limits.first_in_flight,
            record: Record::default(),
            last_notice: None,
            hold: None,
        }
    }

    /// Takes over changed settings. What is in flight was counted under the old host, so a new one waits for quiet.
    pub(super) fn adopt(&mut self, settings: &Arc<Subscription>) {
        if !Arc::ptr_eq(&self.settings, settings) && self.flights.is_empty() {
            self.host = host(settings);
            self.settings = Arc::clone(settings);
        }
    }

    pub(super) fn id(&self) -> &SubscriptionId {
        &self.settings.id
    }

    pub(super) fn tenant(&self) -> &Tenant {
        &self.settings.tenant
    }

    pub(super) fn has_permit(&self) -> bool {
        self.flights.len() < self.permits.min(self.settings.policy.max_in_flight())
    }

    /// Whether it has shown in this process that it is fast, and nothing speaks against it of late.
    pub(super) fn is_proven(&self, limits: &Limits, now: Instant) -> bool {
        let still_flying = self.flights.oldest().is_some_and(|started| now - started > limits.slow);
        self.record.proven && !still_flying && self.record.last_slow.is_none_or(|slow| now - slow > UNPROVEN_FOR)
    }

    /// Takes note of a success. `true` when every process should hear that it is fast again.
    pub(super) fn succeeded(&mut self, took: Duration, slow_lane: bool, limits: &Limits, now: Instant) -> bool {
        self.diverting = false;
        self.record.failures_in_a_row = 0;
        self.hold = None;
        if took < limits.fast {
            self.record.proven = true;
            self.permits = (self.permits + 1).min(self.settings.policy.max_in_flight().max(1));
        }
        if took > limits.slow {
            self.record.last_slow = Some(now);
        }
        self.record.quick_in_a_row =
            if took < limits.hand_over_after { self.record.quick_in_a_row.saturating_add(1) } else { 0 };
        // A process that has just started does not know that the routers hold it for slow: the lane says so.
        let returns = (self.slow || slow_lane) && self.record.quick_in_a_row >= limits.fast_to_return;
        if returns {
            self.slow = false;
        }
        returns && self.may_tell(now)
    }

    /// Takes note of a failure. `true` when every process should hear that it is slow.
    pub(super) fn failed(&mut self, took: Duration, limits: &Limits, now: Instant) -> bool {
        self.permits = (self.permits / 2).max(1);
        self.record.quick_in_a_row = 0;
        self.record.failures_in_a_row = self.record.failures_in_a_row.saturating_add(1);
        if took > limits.slow {
            self.record.last_slow = Some(now);
        }
        self.record.failures_in_a_row >= limits.failures_to_slow && self.became_slow(now)
    }

    /// Marks it slow. `true` when every process should hear it.
    pub(super) fn became_slow(&mut self, now: Instant) -> bool {
        self.slow = true;
        self.record.quick_in_a_row = 0;
        self.may_tell(now)
    }

    /// How long a delivery that finds no room goes to the ladder: longer with each time that passes without a success.
    pub(super) fn hold(&mut self, limits: &Limits, now: Instant) -> Duration {
        let (delay, since) = match self.hold {
            None => (limits.first_hold, now),
            Some((delay, since)) if now - since > delay => ((delay * 2).min(limits.max_hold), now),
            Some(unchanged) => unchanged,
        };
        self.hold = Some((delay, since));
        delay
    }

    fn may_tell(&mut self, now: Instant) -> bool {
        let due = self.last_notice.is_none_or(|last| now - last >= NOTICE_EVERY);
        if due {
            self.last_notice = Some(now);
        }
        due
    }
}

fn host(settings: &Subscription) -> Arc<str> {
    settings.destination.url().origin().ascii_serialization().into()
}
