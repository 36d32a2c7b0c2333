//! What the exit code says. The numbers from 64 on are those of `sysexits.h`, which service managers know.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As asked.
    Done = 0,
    /// Not as asked: something failed, is missing or was not found.
    Failed = 1,
    /// The command line asks for something that is not done like this.
    Usage = 2,
    /// The broker, the store or the API cannot be reached, or cannot do it now: try again later.
    Unavailable = 75,
    /// The configuration or a file of what is to be registered is not valid: trying again changes nothing.
    BadConfiguration = 78,
    /// A second signal: everything was dropped at once.
    Killed = 130,
}

/// For `--help`.
pub(crate) const EXPLAINED: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong usage
  75   the broker, the store or the API cannot be reached
  78   the configuration or a file of subscriptions is not valid
  130  stopped at once by a second signal";

/// A command line that is understood and must not be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Exit {
    /// What an error means for the exit code.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if is_bad_configuration(error) {
            Self::BadConfiguration
        } else if error.is::<crate::errand::Unavailable>() || error.is::<crate::api::Unavailable>() {
            Self::Unavailable
        } else if error.is::<Usage>() {
            Self::Usage
        } else {
            Self::Failed
        }
    }

    /// Done if `good`, else failed.
    pub(crate) fn done_if(good: bool) -> Self {
        if good { Self::Done } else { Self::Failed }
    }
}

fn is_bad_configuration(error: &anyhow::Error) -> bool {
    error.is::<crate::config::Error>()
        || error.is::<crate::subscriptions::Invalid>()
        || error.is::<crate::manifest::Invalid>()
        || error.is::<crate::registry::Unusable>()
        || error.is::<crate::registry::master_key::Unusable>()
}

/// An error and its causes in one text. Some errors repeat their cause in their own message, which is said once.
pub(crate) fn explain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        said if said.contains(&cause) => text,
        said => format!("{said}: {cause}"),
    })
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn the_kind_of_an_error_decides_wherever_it_stands_in_the_chain() {
        let usage = Err::<(), _>(Usage("give --yes".to_owned())).context("discarding").unwrap_err();
        assert_eq!(Exit::of(&usage), Exit::Usage);
        assert_eq!(Exit::of(&anyhow!("whatever")), Exit::Failed);
    }

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow!("refused").context("broker: refused").context("cannot publish");
        assert_eq!(explain(&error), "cannot publish: broker: refused");
    }

    #[test]
    fn every_code_is_explained() {
        for exit in [Exit::Done, Exit::Failed, Exit::Usage, Exit::Unavailable, Exit::BadConfiguration, Exit::Killed] {
            let number = exit as u8;
            assert!(EXPLAINED.contains(&format!("\n  {number:<4} ")), "{number}");
        }
    }
}
