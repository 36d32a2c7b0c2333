//! What an answer means.
//!
//! The vocabulary is that of the `backoff` crate: an error is permanent, or transient and may say after how long to try
//! again.

use std::time::{Duration, SystemTime};

use barid_egress::{Failure, Fault, Response};
use barid_registry::Policy;

/// Why a delivery was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// The status, if there was an answer.
    pub(crate) status: Option<u16>,
    pub(crate) fault: Fault,
    /// For people and records: `status 503`, or `timeout: no complete response within 15 s`.
    pub(crate) detail: String,
}

/// The class of an answer, as a metric label.
pub(crate) fn code_class(result: &Result<Response, Failure>) -> &'static str {
    match result {
        Ok(response) => match response.status {
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

/// Judges an answer: success, or a permanent or transient rejection.
///
/// Every 2xx is a success. A status the subscription calls permanent (410 by default) ends the delivery. Everything else,
/// redirects among it, is tried again; `retry-after` is heeded whatever the status.
pub(crate) fn judge(
    result: &Result<Response, Failure>,
    policy: &Policy,
    now: SystemTime,
) -> Result<(), backoff::Error<Rejected>> {
    let response = match result {
        Ok(response) => response,
        Err(failure) => {
            return Err(backoff::Error::transient(Rejected {
                status: None,
                fault: failure.kind.fault(),
                detail: failure.to_string(),
            }));
        }
    };
    if (200..300).contains(&response.status) {
        return Ok(());
    }
    let redirect = response.location.as_ref().map(|_| ", a redirect, which is not followed");
    let rejected = Rejected {
        status: Some(response.status),
        fault: Fault::Receiver,
        detail: format!("status {}{}", response.status, redirect.unwrap_or_default()),
    };
    if policy.is_permanent(response.status) {
        return Err(backoff::Error::permanent(rejected));
    }
    let retry_after = response.retry_after.as_deref().and_then(|text| parse_retry_after(text, now));
    Err(backoff::Error::Transient { err: rejected, retry_after })
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
        judge(&Ok(answer(status, retry_after)), &Policy::default(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn every_2xx_is_a_success() {
        for status in [200, 201, 202, 204, 299] {
            assert!(judged(status, None).is_ok(), "{status}");
        }
    }

    #[test]
    fn only_410_is_permanent_by_default() {
        for status in [301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503] {
            assert!(matches!(judged(status, None), Err(backoff::Error::Transient { .. })), "{status}");
        }
        assert!(matches!(judged(410, None), Err(backoff::Error::Permanent(_))));
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
