//! Why there is no configuration.

use std::io;
use std::path::PathBuf;

use config::ConfigError;

use super::problem::Problems;
use super::url::InvalidUrl;

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
    /// The file of `broker.url_file` holds no URL.
    #[error("the url in {} (broker.url_file) {source}", path.display())]
    UrlFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: InvalidUrl,
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
