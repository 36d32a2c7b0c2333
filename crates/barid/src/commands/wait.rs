//! Whether a command that changes something waits until the change is everywhere.

use clap::Args;

use crate::api::{Answer, Path};

/// Whether to wait until the change is everywhere.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Wait {
    /// Return when every router has the change.
    #[arg(long)]
    pub(crate) wait: bool,
}

impl Wait {
    /// The same place in the API, waiting for it.
    pub(crate) fn on(self, path: Path) -> Path {
        path.with_flag("wait", self.wait)
    }

    /// Says so when some router does not have it.
    pub(crate) fn tell(answer: &Answer) {
        if answer.is_pending() {
            eprintln!("warning: not every router has the change yet: it follows within 10 s");
        }
    }
}
