//! Asking a receiver whether it wants our deliveries, by the handshake of the CloudEvents webhook specification: what is
//! asked, what counts as consent, and what is kept of it. Who asks is somebody else.

use std::{fmt, num::NonZeroU32, str::FromStr, sync::Arc};

use chrono::{DateTime, Utc};

/// The header that says who asks, and in every delivery who delivers.
pub const REQUEST_ORIGIN_HEADER: &str = "webhook-request-origin";
/// The header that asks for a rate.
pub const REQUEST_RATE_HEADER: &str = "webhook-request-rate";
/// The header that names who may deliver. Without it there is no consent, whatever the status.
pub const ALLOWED_ORIGIN_HEADER: &str = "webhook-allowed-origin";
/// The header that says at which rate.
pub const ALLOWED_RATE_HEADER: &str = "webhook-allowed-rate";
/// The longest name of a sending system, in bytes: what a DNS name may have.
pub const MAX_ORIGIN_LENGTH: usize = 253;
/// The highest rate that can be asked for, in deliveries a minute.
pub const MAX_RATE: u32 = 6_000_000;

/// The DNS name of a sending system, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestOrigin(Arc<str>);

/// What is no DNS name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no dns name: write it like events.example.com, with at most {MAX_ORIGIN_LENGTH} bytes")]
pub struct InvalidOrigin;

impl FromStr for RequestOrigin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !(label.starts_with('-') || label.ends_with('-'))
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_name = text.len() <= MAX_ORIGIN_LENGTH && text.split('.').all(is_label);
        if is_name { Ok(Self(text.to_ascii_lowercase().into())) } else { Err(InvalidOrigin) }
    }
}

impl RequestOrigin {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many deliveries a receiver allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedRate {
    /// As many as there are.
    Any,
    /// So many a minute.
    PerMinute(NonZeroU32),
}

/// What a receiver has agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who may deliver, as every delivery says.
    pub origin: RequestOrigin,
    /// At which rate; none if the receiver named none.
    pub rate: Option<AllowedRate>,
    /// When it was asked.
    pub at: DateTime<Utc>,
}

/// What a receiver is asked before anything is delivered to it, and what it has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    rate: Option<NonZeroU32>,
    consent: Option<Consent>,
}

/// A rate is not within 1 and [`MAX_RATE`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate is {0}: give 1 to {MAX_RATE} deliveries a minute")]
pub struct InvalidRate(u64);

/// Why an answer is no consent. Holds no word of the receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It says nothing of an origin.
    #[error(
        "the receiver did not consent: have it answer OPTIONS with webhook-allowed-origin, or leave verification out"
    )]
    Silent,
    /// It allows somebody else.
    #[error("the receiver allows another origin: have it allow the one of gateway.origin, or *")]
    OtherOrigin,
    /// It was asked for a rate, and names none.
    #[error("the receiver names no rate: have it answer with webhook-allowed-rate, or leave rate out")]
    NoRate,
    /// Its rate is none.
    #[error("the receiver's webhook-allowed-rate cannot be read: have it answer * or a whole number from 1 on")]
    Rate,
}

impl Verification {
    /// To be asked, for `rate` deliveries a minute if there is one, within 1 and [`MAX_RATE`].
    pub fn new(rate: Option<u64>) -> Result<Self, InvalidRate> {
        let checked = |rate| {
            let small = u32::try_from(rate).ok().filter(|&rate| rate <= MAX_RATE);
            small.and_then(NonZeroU32::new).ok_or(InvalidRate(rate))
        };
        Ok(Self { rate: rate.map(checked).transpose()?, consent: None })
    }

    /// How many deliveries a minute are asked for.
    pub fn rate(&self) -> Option<NonZeroU32> {
        self.rate
    }

    /// What the receiver has agreed to; none before it was asked.
    pub fn consent(&self) -> Option<&Consent> {
        self.consent.as_ref()
    }

    /// The same, with what the receiver has agreed to; without, it is to be asked.
    #[must_use]
    pub fn with_consent(&self, consent: Option<Consent>) -> Self {
        Self { consent, ..*self }
    }

    /// What these header fields of an answer say, whatever its status.
    pub fn judge(
        &self,
        origin: &RequestOrigin,
        allowed_origin: Option<&str>,
        allowed_rate: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Consent, Refusal> {
        let allowed = allowed_origin.map(str::trim).ok_or(Refusal::Silent)?;
        if allowed != "*" && !allowed.eq_ignore_ascii_case(origin.as_str()) {
            return Err(Refusal::OtherOrigin);
        }
        let rate = match allowed_rate.map(str::trim) {
            Some("*") => Some(AllowedRate::Any),
            Some(text) => Some(AllowedRate::PerMinute(text.parse().map_err(|_| Refusal::Rate)?)),
            None if self.rate.is_some() => return Err(Refusal::NoRate),
            None => None,
        };
        Ok(Consent { origin: origin.clone(), rate, at: now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rate: Option<u64>, allowed_origin: Option<&str>, allowed_rate: Option<&str>) -> Result<Consent, Refusal> {
        let origin = "Events.example.com".parse().unwrap();
        Verification::new(rate).unwrap().judge(&origin, allowed_origin, allowed_rate, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn consents_who_names_the_origin_or_all() {
        for allowed in ["events.example.com", "EVENTS.example.com", " * "] {
            let consent = judged(None, Some(allowed), None).unwrap();
            assert_eq!((consent.origin.as_str(), consent.rate), ("events.example.com", None));
        }
        assert_eq!(judged(None, None, Some("*")), Err(Refusal::Silent));
        for allowed in ["", "example.com", "https://events.example.com", "events.example.com, *"] {
            assert_eq!(judged(None, Some(allowed), None), Err(Refusal::OtherOrigin), "{allowed}");
        }
    }

    #[test]
    fn a_rate_that_is_asked_for_must_be_answered() {
        let rate = |asked, allowed| judged(asked, Some("*"), allowed).map(|consent| consent.rate);
        let sixty = AllowedRate::PerMinute(NonZeroU32::new(60).unwrap());
        assert_eq!(rate(Some(120), Some("60")), Ok(Some(sixty)));
        assert_eq!(rate(Some(120), Some("*")), Ok(Some(AllowedRate::Any)));
        assert_eq!(rate(None, Some("60")), Ok(Some(sixty)));
        assert_eq!(rate(Some(120), None), Err(Refusal::NoRate));
        for garbage in ["", "0", "-1", "1.5", "many", "99999999999"] {
            assert_eq!(rate(None, Some(garbage)), Err(Refusal::Rate), "{garbage}");
        }
    }

    #[test]
    fn refuses_rates_and_origins_that_are_none() {
        assert_eq!(Verification::new(Some(0)), Err(InvalidRate(0)));
        assert!(Verification::new(Some(6_000_001)).is_err());
        for text in ["", ".", "a..b", "-a", "a-", "a_b", "https://a", "a b", &"a".repeat(64), &"a.".repeat(127)] {
            assert_eq!(text.parse::<RequestOrigin>(), Err(InvalidOrigin), "{text}");
        }
    }
}
