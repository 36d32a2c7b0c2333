//! What an answer means.
//!
//! The vocabulary is that of the `backoff` crate: an error is permanent, or transient and may say after how long to try
//! again.

use std::time::{Duration, SystemTime};

use barid_egress::{Failure, Fault, Response};
use barid_registry::{Judgement, Policy, Unmet};

/// An answer, and what it means to the subscription.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) response: Response,
    pub(crate) judgement: Judgement,
}

impl Answered {
    /// The answer, judged. It may take a while, where there is a rule for the body: it is for the task of the attempt.
    pub(crate) fn new(response: Response, policy: &Policy) -> Self {
        let judgement = policy.judge(response.status, &response.body, response.truncated);
        Self { response, judgement }
    }
}

/// Why a delivery was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// The reason of the dead letter, if nothing more is tried.
    pub(crate) reason: &'static str,
    pub(crate) fault: Fault,
    /// For people and records: `status 503`, or `timeout: no complete response within 15 s`.
    pub(crate) detail: String,
}

/// The class of an answer, as a metric label.
pub(crate) fn code_class(result: &Result<Answered, Failure>) -> &'static str {
    match result {
        Ok(answered) => match answered.response.status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            429 => "429",
            400..=499 => "4xx",
            _ => "5xx",
        },
        Err(_) => "none",
    }
}

/// What follows of an answer: success, or a permanent or transient rejection.
///
/// A redirect is an answer like others. `retry-after` is heeded whatever the status.
pub(crate) fn judge(result: &Result<Answered, Failure>, now: SystemTime) -> Result<(), backoff::Error<Rejected>> {
    let Answered { response, judgement } = match result {
        Ok(answered) => answered,
        Err(failure) => {
            return Err(backoff::Error::transient(Rejected {
                // Never permanent: only the end of the schedule ends it.
                reason: "attempts_exhausted",
                fault: failure.kind.fault(),
                detail: failure.to_string(),
            }));
        }
    };
    let (unmet, is_permanent) = match judgement {
        Judgement::Delivered => return Ok(()),
        Judgement::Permanent(unmet) => (unmet, true),
        Judgement::Transient(unmet) => (unmet, false),
    };
    let rejected = rejected(response, unmet);
    if is_permanent {
        return Err(backoff::Error::permanent(rejected));
    }
    let retry_after = response.retry_after.as_deref().and_then(|text| parse_retry_after(text, now));
    Err(backoff::Error::Transient { err: rejected, retry_after })
}

fn rejected(response: &Response, unmet: &Unmet) -> Rejected {
    let status = response.status;
    let (reason, detail) = match unmet {
        Unmet::Body(fault) => ("permanent_body", format!("status {status}, but the body does not do: {fault}")),
        Unmet::Status => {
            let redirect = response.location.as_ref().map(|_| ", a redirect, which is not followed");
            let reason = if status == 410 { "gone" } else { "permanent_status" };
            (reason, format!("status {status}{}", redirect.unwrap_or_default()))
        }
    };
    Rejected { reason, fault: Fault::Receiver, detail }
}

/// Reads `retry-after` (RFC 9110, section 10.2.3): seconds, or an HTTP date. A date in the past means now; anything else
/// means nothing.
pub(crate) fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use barid_registry::{BodyRule, Otherwise, Success};

    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Response {
        Response {
            status,
            content_type: None,
            retry_after: retry_after.map(str::to_owned),
            location: None,
            body: bytes::Bytes::new(),
            truncated: false,
            latency: Duration::ZERO,
        }
    }

    fn judged(status: u16, retry_after: Option<&str>) -> Result<(), backoff::Error<Rejected>> {
        judge(&Ok(Answered::new(answer(status, retry_after), &Policy::default())), UNIX_EPOCH)
    }

    #[test]
    fn says_what_a_dead_letter_is_called_and_why() {
        assert!(judged(204, None).is_ok());
        let Err(backoff::Error::Permanent(gone)) = judged(410, None) else { panic!("gone is permanent") };
        assert_eq!((gone.reason, gone.detail.as_str()), ("gone", "status 410"));
        let Err(backoff::Error::Transient { err, .. }) = judged(503, None) else { panic!("503 is transient") };
        assert_eq!((err.reason, err.detail.as_str()), ("permanent_status", "status 503"));
    }

    #[test]
    fn a_redirect_says_that_it_was_not_followed() {
        let redirect = Response { location: Some("/elsewhere".to_owned()), ..answer(302, None) };
        let redirect = Answered::new(redirect, &Policy::default());
        let Err(backoff::Error::Transient { err, .. }) = judge(&Ok(redirect), UNIX_EPOCH) else {
            panic!("a redirect is transient");
        };
        assert_eq!(err.detail, "status 302, a redirect, which is not followed");
    }

    #[test]
    fn a_wrong_body_says_which_rule_it_breaks_and_heeds_retry_after() {
        let mut success = Success::default();
        success.set_body(BodyRule::equals("/ok", true.into()).unwrap(), Otherwise::Retry);
        let mut policy = Policy::default();
        policy.set_success(success);
        let wrong = Response { body: r#"{"ok": false}"#.into(), ..answer(200, Some("9")) };
        let Err(backoff::Error::Transient { err, retry_after }) = judge(&Ok(Answered::new(wrong, &policy)), UNIX_EPOCH)
        else {
            panic!("it is tried again");
        };
        let detail = r#"status 200, but the body does not do: "/ok" in it is false (delivery.success.body.pointer)"#;
        assert_eq!((err.reason, err.detail.as_str()), ("permanent_body", detail));
        assert_eq!(retry_after, Some(Duration::from_secs(9)));
    }

    #[test]
    fn reads_retry_after_as_seconds_and_as_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 60);
        assert_eq!(parse_retry_after("120", now), Some(Duration::from_mins(2)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(parse_retry_after(date, now), Some(Duration::from_mins(1)));
        assert_eq!(parse_retry_after(date, now + Duration::from_mins(10)), Some(Duration::ZERO));
    }

    #[test]
    fn ignores_a_retry_after_that_says_nothing() {
        for garbage in ["", "-5", "soon", "1.5", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse_retry_after(garbage, SystemTime::UNIX_EPOCH), None, "{garbage}");
        }
    }
}
