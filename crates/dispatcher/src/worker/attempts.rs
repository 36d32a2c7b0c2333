//! Attempts: made, and judged.

use std::time::Duration;

use barid_broker::control::TestOutcome;
use barid_broker::work::Delivery;
use barid_egress::{Failure, Fault};
use chrono::TimeDelta;
use tracing::debug;

use super::records::{Follows, Judged};
use super::{Dispatcher, now, wall_clock};
use crate::attempt::{self, Attempted};
use crate::outcome::{self, Answered, Rejected};
use crate::parcel::{Parcel, Unmakeable};
use crate::schedule::{self, Next, Steps};
use crate::scheduler::{Finish, Ticket};

impl Dispatcher {
    pub(super) fn start(&mut self, ticket: Ticket) {
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let Some(subscription) = held.subscription.clone() else {
            return;
        };
        let (parcel, index, now) = (held.parcel.clone(), held.index, wall_clock());
        let due_at = parcel.delivery(index).due_at.unwrap_or(parcel.work.accepted_at);
        self.metrics.delivery_queue_delay_seconds.observe(seconds(now - due_at));
        self.groups.begin(ticket);
        let (clients, done) = (self.clients.clone(), self.attempted.clone());
        attempt::spawn(clients, parcel, index, subscription, ticket, now.timestamp(), done);
    }

    pub(super) fn attempted(&mut self, attempted: Attempted) {
        let Attempted { ticket, result, took } = attempted;
        let Some(held) = self.groups.get(ticket) else {
            return;
        };
        let Some(subscription) = held.subscription.clone() else {
            return;
        };
        let (parcel, index) = (held.parcel.clone(), held.index);
        let result = match result {
            Ok(result) => result,
            Err(unmakeable) => return self.not_made(ticket, &parcel, index, &unmakeable),
        };
        if let Some(test) = &parcel.delivery(index).test {
            return self.tried_out(ticket, test, &result, took);
        }
        let (delivery, moment) = (parcel.delivery(index), wall_clock());
        let verdict = outcome::judge(&result, moment.into());
        self.count_attempt(&result, &verdict, took);
        let finish = if verdict.is_ok() { Finish::Success } else { Finish::Failure };
        let open = self.is_open();
        self.scheduler.finished(ticket, finish, open, now());
        debug!(
            event.id = parcel.work.envelope.id.as_str(),
            event.r#type = parcel.work.envelope.event_type.as_str(),
            message.id = parcel.message_id.as_str(),
            subscription.id = delivery.subscription,
            attempt = delivery.attempts + 1,
            status = result.as_ref().ok().map(|answered| answered.response.status),
            duration_ms = took.as_millis(),
            delivered = verdict.is_ok(),
            "delivery.attempted"
        );
        let judged = |verdict| Judged { parcel: &parcel, delivery, result: &result, at: moment, took, verdict };
        match verdict {
            Ok(()) => {
                self.record_attempt(ticket, &judged(Follows::Nothing));
                let first_try = if delivery.attempts == 0 { "true" } else { "false" };
                let since = seconds(moment - parcel.work.accepted_at);
                self.metrics.delivery_end_to_end_seconds.with_label_values(&[first_try]).observe(since);
                self.count("success", "none");
                self.done(ticket);
            }
            Err(rejection) => {
                let steps = Steps::new(subscription.policy.schedule(), delivery.attempts + 1, fastrand::f64());
                let fault = fault(&rejection);
                let rejected = rejected(&rejection).clone();
                match schedule::next(rejection, steps, delivery, moment) {
                    Next::Retry { delay, due_at } => {
                        let follows = Follows::Retry { rejected: &rejected, at: due_at };
                        self.record_attempt(ticket, &judged(follows));
                        self.count("retry", fault);
                        let again = Delivery {
                            attempts: delivery.attempts + 1,
                            due_at: Some(due_at),
                            unknown: 0,
                            returned: 0,
                            ..delivery.clone()
                        };
                        self.climb(ticket, delay, again);
                    }
                    Next::Dead { reason, detail } => {
                        self.record_attempt(ticket, &judged(Follows::Death { rejected: &rejected }));
                        self.count("dead_lettered", fault);
                        let last = Delivery { attempts: delivery.attempts + 1, ..delivery.clone() };
                        self.bury_as(ticket, reason, detail, last);
                    }
                }
            }
        }
    }

    /// There is no request to send, and never will be: that says nothing of the receiver, and ends this delivery alone.
    fn not_made(&mut self, ticket: Ticket, parcel: &Parcel, index: usize, why: &Unmakeable) {
        let delivery = parcel.delivery(index);
        if let Some(test) = &delivery.test {
            return self.tell_test(ticket, test, TestOutcome::not_attempted(why.to_string()));
        }
        let open = self.is_open();
        self.scheduler.finished(ticket, Finish::NotMade, open, now());
        self.count("dead_lettered", Fault::Internal.as_str());
        self.bury_as(ticket, why.reason(), why.to_string(), delivery.clone());
    }

    fn count_attempt(
        &self,
        result: &Result<Answered, Failure>,
        verdict: &Result<(), backoff::Error<Rejected>>,
        took: Duration,
    ) {
        self.metrics.delivery_attempts_total.with_label_values(&[outcome::code_class(result)]).inc();
        let asked = matches!(result, Ok(answered) if answered.response.retry_after.is_some());
        if asked && matches!(verdict, Err(backoff::Error::Transient { retry_after: None, .. })) {
            self.metrics.retry_after_ignored_total.inc();
        }
        let label = if verdict.is_ok() { "success" } else { "failure" };
        self.metrics.delivery_attempt_duration_seconds.with_label_values(&[label]).observe(took.as_secs_f64());
    }
}

fn fault(rejection: &backoff::Error<Rejected>) -> &'static str {
    rejected(rejection).fault.as_str()
}

fn rejected(rejection: &backoff::Error<Rejected>) -> &Rejected {
    match rejection {
        backoff::Error::Permanent(rejected) | backoff::Error::Transient { err: rejected, .. } => rejected,
    }
}

fn seconds(span: TimeDelta) -> f64 {
    span.to_std().unwrap_or_default().as_secs_f64()
}
