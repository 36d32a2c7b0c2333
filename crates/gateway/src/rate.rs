//! How many events a second a tenant may publish over HTTP. Each gateway counts for itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use barid_event::Tenant;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock};

use crate::http::{Kind, Problem};

/// The most tenants that are counted at the same time. Beyond that all are counted anew, which allows each of them a burst
/// once more: memory matters more than that.
const MAX_TENANTS: usize = 10_000;

/// How many seconds' worth of events may come at once.
const BURST_SECONDS: u32 = 2;

/// The rates of tenants.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<Tenant, (u32, Arc<DefaultDirectRateLimiter>)>>);

/// Why events are not taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    /// They would be taken after this time.
    Wait(Duration),
    /// They are more than may ever come at once, which is this many.
    Never(u32),
}

impl Limited {
    /// What a client is told whose tenant may publish `per_second`.
    pub(crate) fn told(self, per_second: u32) -> Problem {
        match self {
            Self::Wait(wait) => {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let detail = format!("the tenant may publish {per_second} events a second: send the same again later");
                Problem::new(Kind::TooMany, detail).retry_after(seconds)
            }
            Self::Never(most) => {
                let detail = format!("the tenant may publish {most} events at once: send shorter arrays");
                Problem::new(Kind::TooLarge, detail)
            }
        }
    }
}

impl Rates {
    /// Counts events of a tenant that may publish `per_second`.
    pub(crate) fn take(&self, tenant: &Tenant, per_second: u32, events: NonZeroU32) -> Result<(), Limited> {
        let limiter = self.limiter(tenant, per_second);
        match limiter.check_n(events) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => Err(Limited::Wait(not_yet.wait_time_from(limiter.clock().now()))),
            Err(governor::InsufficientCapacity(most)) => Err(Limited::Never(most)),
        }
    }

    fn limiter(&self, tenant: &Tenant, per_second: u32) -> Arc<DefaultDirectRateLimiter> {
        let mut limiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match limiters.get(tenant.as_str()) {
            Some((rate, limiter)) if *rate == per_second => return Arc::clone(limiter),
            None if limiters.len() >= MAX_TENANTS => limiters.clear(),
            _ => {}
        }
        let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let quota =
            Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1)));
        let limiter = Arc::new(RateLimiter::direct(quota));
        limiters.insert(tenant.clone(), (per_second, Arc::clone(&limiter)));
        limiter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    #[test]
    fn allows_a_burst_of_two_seconds_per_tenant() {
        let (rates, acme, globex) = (Rates::default(), "acme".parse().unwrap(), "globex".parse().unwrap());
        assert_eq!(rates.take(&acme, 10, events(20)), Ok(()));
        assert!(
            matches!(rates.take(&acme, 10, events(1)), Err(Limited::Wait(wait)) if wait <= Duration::from_millis(100))
        );
        assert_eq!(rates.take(&globex, 10, events(20)), Ok(()));
    }

    #[test]
    fn says_what_can_never_come_at_once() {
        assert_eq!(Rates::default().take(&Tenant::default(), 10, events(21)), Err(Limited::Never(20)));
    }

    #[test]
    fn a_new_quota_counts_anew() {
        let (rates, tenant) = (Rates::default(), Tenant::default());
        assert_eq!(rates.take(&tenant, 1, events(2)), Ok(()));
        assert_eq!(rates.take(&tenant, 5, events(10)), Ok(()));
    }
}
