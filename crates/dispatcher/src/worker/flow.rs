//! When new work may start, and when nothing more is held.

use std::time::Duration;

use barid_broker::consumer::{self, Consumer};
use barid_broker::publisher::PublisherHealth;
use tokio::time::Instant;
use tracing::{debug, info};

use super::own::Line;
use super::{Dispatcher, now};

/// A consumer that stalled this often in a row, each time after a reconnect, means that the process should be restarted.
const STALLS_TO_DIE: u32 = 2;

/// How long messages that nothing can be published for are held before they are given back.
#[derive(Debug)]
pub(super) struct Flow {
    confirm_patience: Duration,
    blocked_patience: Duration,
    blocked_since: Option<Instant>,
    given_back: bool,
    stopping: bool,
}

/// What a look at the publisher led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing changes.
    Stay,
    /// Publishing has been impossible for too long: cancel the consumers and give back what was not attempted. Said again
    /// and again, for messages were on their way.
    GiveBack,
    /// Publishing is possible again: consume.
    Resume,
}

impl Flow {
    pub(super) fn new(confirm_patience: Duration, blocked_patience: Duration) -> Self {
        Self { confirm_patience, blocked_patience, blocked_since: None, given_back: false, stopping: false }
    }

    /// Whether an attempt may start: its result could be published.
    pub(super) fn is_open(&self, publisher: PublisherHealth) -> bool {
        publisher.accepts_work(self.confirm_patience)
    }

    /// Whether messages go back to their queue at once.
    pub(super) fn gives_back(&self) -> bool {
        self.given_back
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Takes note of how the publisher is doing.
    pub(super) fn look(&mut self, open: bool, now: Instant) -> Turn {
        if open {
            self.blocked_since = None;
            let resumes = std::mem::take(&mut self.given_back) && !self.stopping;
            return if resumes { Turn::Resume } else { Turn::Stay };
        }
        let since = *self.blocked_since.get_or_insert(now);
        if now - since < self.blocked_patience {
            return Turn::Stay;
        }
        self.given_back = true;
        Turn::GiveBack
    }
}

impl Dispatcher {
    pub(super) fn is_open(&self) -> bool {
        self.records.accepts_work(self.config.limits.confirm_patience)
            && self.flow.is_open(self.road.publisher.health())
    }

    pub(super) fn tick(&mut self, consumers: &[Consumer]) {
        let (open, now) = (self.is_open(), now());
        match self.flow.look(open, now) {
            Turn::Stay => {}
            Turn::GiveBack => {
                debug!("publishing has been impossible for too long: nothing is held");
                set_flow(consumers, consumer::Flow::Stopped);
                self.give_back_untouched();
            }
            Turn::Resume => {
                info!("publishing is possible again: consuming goes on");
                set_flow(consumers, consumer::Flow::Running);
            }
        }
        self.tend_own_lanes();
        self.abandon_ended();
        self.groups.forget_old(now);
        self.scheduler.tick(open, now);
        self.report(open, consumers);
    }

    /// Takes nothing new, gives back what has not begun, and finishes the rest.
    pub(super) fn stop(&mut self, consumers: &[Consumer]) {
        info!(in_flight = self.scheduler.in_flight(), "stopping");
        self.flow.stopping = true;
        set_flow(consumers, consumer::Flow::Stopped);
        self.tend_own_lanes();
        self.give_back_untouched();
        // A message that was begun cannot be given back, or what was sent would be sent again: the deliveries of it that
        // have not begun go on by themselves.
        for ticket in self.groups.waiting() {
            if self.scheduler.withdraw(ticket) {
                self.send_back_alone(ticket);
            }
        }
    }

    pub(super) fn give_back_untouched(&mut self) {
        self.give_back_untouched_of(|_| true);
    }

    /// Gives back the messages of these lanes of which nothing has begun.
    pub(super) fn give_back_untouched_of(&mut self, lane: impl Fn(usize) -> bool) {
        let (receipts, tickets) = self.groups.take_untouched(lane);
        for ticket in tickets {
            self.scheduler.withdraw(ticket);
        }
        for receipt in receipts {
            receipt.requeue();
        }
    }

    /// Lets go of messages whose channel has ended.
    pub(super) fn abandon_ended(&mut self) {
        let has_ended = |line: &mut Line| line.session.take_if(|session| !session.is_live()).is_some();
        let ended: Vec<usize> =
            self.lines.iter_mut().filter_map(|(number, line)| has_ended(line).then_some(number)).collect();
        if ended.is_empty() {
            return;
        }
        let dropped = self.groups.abandon(now(), |lane, receipt| ended.contains(&lane) && !receipt.is_live());
        for ticket in dropped {
            self.scheduler.withdraw(ticket);
        }
    }

    fn report(&self, open: bool, consumers: &[Consumer]) {
        let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        self.metrics.deliveries_in_flight.set(gauge(self.scheduler.in_flight()));
        self.metrics.deliveries_waiting.set(gauge(self.scheduler.waiting()));
        match (open, self.flow.stopping) {
            (_, true) => self.ready.set_failing("stopping"),
            (true, false) => self.ready.set_ok(),
            (false, false) if self.flow.is_open(self.road.publisher.health()) => {
                self.ready.set_failing(
                    "neither the ledger's stream nor its overflow queue has confirmed a record for over 5 s",
                );
            }
            (false, false) => self.ready.set_failing("results cannot be published: is the broker up and unblocked?"),
        }
        if consumers.iter().any(|consumer| consumer.stalls() >= STALLS_TO_DIE) {
            self.alive.set_failing("a lane has a backlog that the broker does not hand out, also after a reconnect");
        } else {
            self.alive.set_ok();
        }
    }
}

fn set_flow(consumers: &[Consumer], flow: consumer::Flow) {
    for consumer in consumers {
        consumer.set_flow(flow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_after_a_minute_for_as_long_as_it_lasts_and_resumes_once() {
        let mut flow = Flow::new(Duration::from_secs(5), Duration::from_mins(1));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(flow.look(false, after(0)), Turn::Stay);
        assert_eq!(flow.look(false, after(59)), Turn::Stay);
        assert_eq!(flow.look(false, after(60)), Turn::GiveBack);
        assert_eq!(flow.look(false, after(61)), Turn::GiveBack);
        assert_eq!(flow.look(true, after(62)), Turn::Resume);
        assert_eq!(flow.look(true, after(63)), Turn::Stay);
    }

    #[test]
    fn a_short_alarm_changes_nothing() {
        let mut flow = Flow::new(Duration::from_secs(5), Duration::from_mins(1));
        let start = Instant::now();
        assert_eq!(flow.look(false, start), Turn::Stay);
        assert_eq!(flow.look(true, start + Duration::from_secs(30)), Turn::Stay);
        assert_eq!(flow.look(false, start + Duration::from_secs(70)), Turn::Stay);
    }
}
