//! Test deliveries: one attempt, whatever the state of the subscription, and the outcome told to whoever asked.
//!
//! Nothing follows from it: no retry, no dead letter, no verdict on the subscription's health. A test waits for no permit,
//! since somebody waits for its answer.

use std::sync::Arc;
use std::time::Duration;

use barid_broker::control::{Notice, TestOutcome};
use barid_broker::notice::MAX_TEST_BODY;
use barid_egress::Failure;
use barid_registry::{Judgement, Unmet};

use super::arrive::RETURNS_TO_SPLIT;
use super::{Dispatcher, wall_clock};
use crate::outcome::Answered;
use crate::parcel::Parcel;
use crate::scheduler::Ticket;
use crate::unknown::{self, Unknown};

impl Dispatcher {
    /// Makes the attempt, or tells why there is none.
    pub(super) fn try_out(&mut self, parcel: &Arc<Parcel>, index: usize, ticket: Ticket, test: &str) {
        let delivery = parcel.delivery(index);
        let returned = self.groups.get(ticket).map_or(0, |held| held.returned);
        if returned >= RETURNS_TO_SPLIT {
            return self.tell_test(
                ticket,
                test,
                TestOutcome::not_attempted("the dispatcher was interrupted: test again"),
            );
        }
        if wall_clock() >= delivery.expires_at {
            return self.tell_test(ticket, test, TestOutcome::not_attempted("it came too late: test again"));
        }
        if let Some(subscription) = self.snapshot.get(&delivery.subscription) {
            self.groups.set_subscription(ticket, Arc::clone(subscription));
            return self.start(ticket);
        }
        let absent_at = self.snapshot.absent_at(&delivery.subscription);
        match unknown::decide(parcel.work.revision, absent_at, delivery.unknown, self.config.limits.max_unknown) {
            Unknown::Wait => {
                self.refresh.notify_one();
                self.wait_to_be_known(ticket);
            }
            Unknown::Deleted | Unknown::GiveUp => {
                self.tell_test(ticket, test, TestOutcome::not_attempted("unknown subscription"));
            }
        }
    }

    /// The attempt was made.
    pub(super) fn tried_out(&mut self, ticket: Ticket, test: &str, result: &Result<Answered, Failure>, took: Duration) {
        self.tell_test(ticket, test, outcome(result, took));
    }

    pub(super) fn tell_test(&mut self, ticket: Ticket, test: &str, outcome: TestOutcome) {
        let label = if outcome.delivered { "delivered" } else { "failed" };
        self.metrics.delivery_tests_total.with_label_values(&[label]).inc();
        self.road.control.tell(&Notice::Tested { test: test.to_owned(), outcome });
        self.done(ticket);
    }
}

/// What an attempt looks like to whoever asked for it: judged as every other, without what would follow.
fn outcome(result: &Result<Answered, Failure>, took: Duration) -> TestOutcome {
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(Answered { response, judgement }) => {
            let error = match judgement {
                Judgement::Permanent(Unmet::Body(fault)) | Judgement::Transient(Unmet::Body(fault)) => {
                    Some(format!("the body does not do: {fault}"))
                }
                // The status says it all.
                _ => None,
            };
            let shown = &response.body[..response.body.len().min(MAX_TEST_BODY)];
            TestOutcome {
                delivered: *judgement == Judgement::Delivered,
                status: Some(response.status),
                error,
                duration_ms,
                body: String::from_utf8_lossy(shown).into_owned(),
            }
        }
        Err(failure) => TestOutcome { duration_ms, ..TestOutcome::not_attempted(failure.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use barid_egress::{FailureKind, Response};
    use barid_registry::{BodyRule, Otherwise, Policy, Success};

    use super::*;

    fn answer(status: u16, body: Vec<u8>) -> Response {
        let latency = Duration::ZERO;
        Response {
            status,
            content_type: None,
            retry_after: None,
            location: None,
            body: body.into(),
            truncated: false,
            latency,
        }
    }

    fn answered(response: Response) -> Answered {
        Answered::new(response, &Policy::default())
    }

    #[test]
    fn tells_the_status_and_the_beginning_of_the_answer() {
        let told = outcome(&Ok(answered(answer(503, vec![b'a'; 5000]))), Duration::from_millis(7));
        assert_eq!((told.delivered, told.status, told.duration_ms), (false, Some(503), 7));
        assert_eq!(told.body.len(), MAX_TEST_BODY);
        assert!(outcome(&Ok(answered(answer(204, vec![0xff]))), Duration::ZERO).delivered);
    }

    #[test]
    fn tells_why_there_was_no_answer() {
        let failure = Failure { kind: FailureKind::Request, detail: "the attempt panicked".to_owned() };
        let told = outcome(&Err(failure), Duration::ZERO);
        assert_eq!((told.delivered, told.status), (false, None));
        assert!(told.error.is_some_and(|error| error.contains("panicked")));
    }

    #[test]
    fn a_wrong_body_is_told_in_words() {
        let mut success = Success::default();
        success.set_body(BodyRule::contains("ok").unwrap(), Otherwise::Retry);
        let mut policy = Policy::default();
        policy.set_success(success);
        let told = outcome(&Ok(Answered::new(answer(200, b"no".to_vec()), &policy)), Duration::ZERO);
        assert!(!told.delivered && told.error.is_some_and(|error| error.contains("it lacks \"ok\"")));
        assert!(outcome(&Ok(Answered::new(answer(200, b"ok".to_vec()), &policy)), Duration::ZERO).delivered);
    }
}
