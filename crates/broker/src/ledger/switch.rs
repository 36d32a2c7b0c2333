//! Which way batches go: to the stream, unless it alone is silent or gone.

use std::time::Duration;

use tokio::time::Instant;

use super::Route;

/// How long the stream may be silent, while the broker confirms other things, before batches go to the overflow queue. Less
/// than the 5 s after which routers and dispatchers take on no new work, so that they need not stop.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// The way at the moment.
#[derive(Debug)]
pub(super) struct Switch {
    route: Route,
    /// Since when the stream owes a confirm while nothing else does.
    silent_since: Option<Instant>,
}

impl Switch {
    pub(super) fn new() -> Self {
        Self { route: Route::Stream, silent_since: None }
    }

    pub(super) fn route(&self) -> Route {
        self.route
    }

    /// The stream has confirmed something.
    pub(super) fn confirmed(&mut self) {
        *self = Self::new();
    }

    /// The broker has said that there is no stream, or that it takes nothing.
    pub(super) fn refused(&mut self) {
        *self = Self { route: Route::Overflow, silent_since: None };
    }

    /// Takes note of whether the stream `owes` a confirm, and whether it is `alone` in that. Returns whether the way has
    /// changed.
    pub(super) fn look(&mut self, owes: bool, alone: bool, now: Instant) -> bool {
        if self.route == Route::Overflow {
            return false;
        }
        if !(owes && alone) {
            self.silent_since = None;
            return false;
        }
        let since = *self.silent_since.get_or_insert(now);
        let is_over = now - since >= PATIENCE;
        if is_over {
            self.refused();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn leaves_a_stream_that_is_silent_alone_for_long_and_comes_back_with_its_confirm() {
        let (mut switch, start) = (Switch::new(), Instant::now());
        assert!(!switch.look(true, true, start));
        assert!(!switch.look(true, true, after(start, 3)));
        assert!(switch.look(true, true, after(start, 4)));
        assert_eq!(switch.route(), Route::Overflow);
        assert!(!switch.look(true, true, after(start, 60)));
        switch.confirmed();
        assert_eq!(switch.route(), Route::Stream);
        assert!(!switch.look(true, true, after(start, 61)), "the wait begins anew");
    }

    #[test]
    fn a_broker_that_confirms_nothing_is_no_reason_to_leave() {
        let (mut switch, start) = (Switch::new(), Instant::now());
        for second in 0..60 {
            assert!(!switch.look(true, second % 4 != 0, after(start, second)));
        }
        assert_eq!(switch.route(), Route::Stream);
    }

    #[test]
    fn a_confirm_in_time_begins_the_wait_anew() {
        let (mut switch, start) = (Switch::new(), Instant::now());
        switch.look(true, true, start);
        switch.confirmed();
        assert!(!switch.look(true, true, after(start, 6)));
    }

    #[test]
    fn leaves_a_stream_that_is_gone_at_once() {
        let mut switch = Switch::new();
        switch.refused();
        assert_eq!(switch.route(), Route::Overflow);
    }
}
