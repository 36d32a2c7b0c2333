//! How many requests a second a source may get. Each gateway counts for itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use barid_registry::source::{RateLimit, SourceId};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock};

/// The most sources that are counted at the same time. Beyond that all are counted anew, which allows each of them a burst
/// once more: memory matters more than that.
const MAX_SOURCES: usize = 10_000;

/// What a source may get that says nothing else.
pub(super) const DEFAULT_RATE: RateLimit = RateLimit { per_second: 200, burst: 400 };

/// The rates of sources.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<SourceId, (RateLimit, Arc<DefaultDirectRateLimiter>)>>);

impl Rates {
    /// Counts a request; or says after which time one would be taken.
    pub(super) fn take(&self, source: &SourceId, limit: RateLimit) -> Result<(), Duration> {
        let limiter = self.limiter(source, limit);
        limiter.check().map_err(|not_yet| not_yet.wait_time_from(limiter.clock().now()))
    }

    fn limiter(&self, source: &SourceId, limit: RateLimit) -> Arc<DefaultDirectRateLimiter> {
        let mut limiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match limiters.get(source) {
            Some((known, limiter)) if *known == limit => return Arc::clone(limiter),
            None if limiters.len() >= MAX_SOURCES => limiters.clear(),
            _ => {}
        }
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(limit.per_second)).allow_burst(number(limit.burst));
        let limiter = Arc::new(RateLimiter::direct(quota));
        limiters.insert(source.clone(), (limit, Arc::clone(&limiter)));
        limiter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_source_for_itself_and_anew_with_another_limit() {
        let (rates, one, other) = (Rates::default(), "src_1".parse().unwrap(), "src_2".parse().unwrap());
        let limit = RateLimit { per_second: 1, burst: 2 };
        assert_eq!((rates.take(&one, limit), rates.take(&one, limit)), (Ok(()), Ok(())));
        assert!(rates.take(&one, limit).is_err_and(|wait| wait <= Duration::from_secs(1)));
        assert_eq!(rates.take(&other, limit), Ok(()));
        assert_eq!(rates.take(&one, RateLimit { burst: 1, ..limit }), Ok(()));
    }
}
