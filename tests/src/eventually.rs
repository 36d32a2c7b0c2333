//! The one way to wait, and the one place that reads the clock.

use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep};

/// The usual deadline: far beyond what anything takes on a busy machine, so that passing it means "never".
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Waits until `condition` holds. An error of the condition itself ends the wait.
///
/// # Errors
/// That `what` did not happen `within` the deadline, or the condition's own error.
pub async fn eventually(what: &str, within: Duration, mut condition: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    found(what, within, async || Ok(condition().await?.then_some(()))).await
}

/// Waits until `look` finds something.
///
/// # Errors
/// As [`eventually`].
pub async fn found<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(thing) = look().await? {
            return Ok(thing);
        }
        if Instant::now() >= deadline {
            bail!("not within {within:?}: {what}");
        }
        sleep(POLL).await;
    }
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "tests are the outermost shell: what they time is real")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_until_it_holds() {
        let mut looks = 0;
        let condition = async || {
            looks += 1;
            Ok(looks == 3)
        };
        eventually("the third look", PATIENCE, condition).await.unwrap();
        assert_eq!(looks, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn says_what_never_happened() {
        let error = eventually("the moon turns green", PATIENCE, async || Ok(false)).await;
        assert_eq!(error.unwrap_err().to_string(), "not within 60s: the moon turns green");
    }
}
