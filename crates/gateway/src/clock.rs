//! The one place where the gateway reads the clock and throws dice; decisions take both as arguments.

use chrono::{DateTime, Utc};

use crate::http::{Kind, Problem};

/// What time it is.
#[expect(clippy::disallowed_methods, reason = "handlers are the shell: they read the clock once and hand it in")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Something made of randomness that nobody can guess.
pub(crate) fn random<T>(make: impl FnOnce(&mut dyn FnMut(&mut [u8])) -> T) -> Result<T, Problem> {
    let mut filled = Ok(());
    let secret = make(&mut |bytes| {
        if let Err(error) = getrandom::fill(bytes) {
            filled = Err(error);
        }
    });
    match filled {
        Ok(()) => Ok(secret),
        Err(error) => {
            tracing::error!(%error, "the system gives no randomness: no secret can be made");
            Err(Problem::new(Kind::Internal, "the system gives no randomness: no secret can be made"))
        }
    }
}
