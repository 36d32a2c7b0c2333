//! Every bound of a dispatcher, with its default.

use std::time::Duration;

/// How much is done at a time, and how long anything may wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in flight for deliveries of the work lanes. Default 1,024.
    pub slots: usize,
    /// Requests in flight for deliveries of the slow lanes, on top of `slots`. Default 256.
    pub slow_slots: usize,
    /// Unacknowledged messages per lane. Default 256.
    pub prefetch: u16,
    /// Requests in flight to one host. Default 64.
    pub per_host: usize,
    /// Requests in flight a subscription begins with; it grows by one with each fast success. Default 4.
    pub first_in_flight: usize,
    /// Deliveries of one subscription that wait in memory behind a slow lane; more go back to the ladder. Default 16.
    pub slow_waiting: usize,
    /// How old a request in flight must be before what waits behind it is handed on. Default 250 ms.
    pub hand_over_after: Duration,
    /// The same for subscriptions not proven fast, while these fill a lane of a fresh process. Default 100 ms.
    pub hand_over_early: Duration,
    /// A success within this time is fast. Default 1 s.
    pub fast: Duration,
    /// An attempt longer than this makes its subscription unproven for a minute. Default 2 s.
    pub slow: Duration,
    /// Fast successes in a row, each within `hand_over_after`, that bring a slow subscription back. Default 20.
    pub fast_to_return: u32,
    /// Failures in a row that make a subscription slow. Default 20.
    pub failures_to_slow: u32,
    /// The longest a delivery waits in memory before it is put on the ladder. Default 60 s.
    pub max_wait: Duration,
    /// The first delay of a delivery that is put on the ladder for want of room; doubled while nothing succeeds, up to
    /// `max_hold`. Default 8 s.
    pub first_hold: Duration,
    /// The longest such delay. Default 15 min.
    pub max_hold: Duration,
    /// No new attempt starts while a publish is unconfirmed for this long. Default 5 s.
    pub confirm_patience: Duration,
    /// Publishing impossible for this long cancels the consumers and gives back what was not attempted. Default 60 s.
    pub blocked_patience: Duration,
    /// How often a message may come back before a single delivery of it is given up. Default 20; the queue itself gives
    /// up at 50.
    pub max_returns: u32,
    /// How often a dispatcher may not know a subscription, 5 s apart, before the delivery is given up. Default 24.
    pub max_unknown: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            slots: 1024,
            slow_slots: 256,
            prefetch: 256,
            per_host: 64,
            first_in_flight: 4,
            slow_waiting: 16,
            hand_over_after: Duration::from_millis(250),
            hand_over_early: Duration::from_millis(100),
            fast: Duration::from_secs(1),
            slow: Duration::from_secs(2),
            fast_to_return: 20,
            failures_to_slow: 20,
            max_wait: Duration::from_mins(1),
            first_hold: Duration::from_secs(8),
            max_hold: Duration::from_mins(15),
            confirm_patience: Duration::from_secs(5),
            blocked_patience: Duration::from_mins(1),
            max_returns: 20,
            max_unknown: 24,
        }
    }
}
