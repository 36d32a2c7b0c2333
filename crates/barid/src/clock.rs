//! The one place that reads the wall clock. Everything else is told what time it is.

use chrono::{DateTime, Utc};

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the outermost shell reads the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
