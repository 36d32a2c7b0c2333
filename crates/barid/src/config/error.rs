//! Why there is no configuration.

use std::io;
use std::path::PathBuf;

use config::ConfigError;

use super::problem::Problems;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no TOML.
    #[error("{} is no TOML", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: ConfigError,
    },
    /// What a file holds for a setting cannot be its value.
    #[error("what {} ({key}_file) holds {problem}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: &'static str,
        /// Why not; never the value, which may be secret.
        problem: String,
    },
    /// Keys that do not exist, or values that cannot be.
    #[error("{0}")]
    Problems(Problems),
    /// Sources that do not fit together.
    #[error("the configuration cannot be read")]
    Other(#[from] ConfigError),
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

/// What is wrong with a value, without the key and the source, which the caller knows better.
pub(super) fn without_key(error: ConfigError) -> String {
    match error {
        ConfigError::Type { unexpected, expected, .. } => format!("is {unexpected}: give {expected}"),
        ConfigError::At { error, .. } => without_key(*error),
        ConfigError::Message(message) => message,
        other => other.to_string(),
    }
}
