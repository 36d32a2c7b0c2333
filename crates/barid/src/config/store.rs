//! Where the registry is kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::store_url::StoreUrl;
use super::text::{duration, optional_path};

/// The most connections of a process.
const MAX_CONNECTIONS: u32 = 1000;

/// The section `store`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    /// Where the store is.
    pub(crate) url: StoreUrl,
    /// A file that holds the URL.
    #[serde(with = "optional_path")]
    pub(crate) url_file: Option<PathBuf>,
    /// Connections of a process.
    pub(crate) max_connections: u32,
    /// How long a question to the store may take.
    #[serde(with = "duration")]
    pub(crate) timeout: Duration,
    /// Where the sealed copy is.
    #[serde(with = "optional_path")]
    copy: Option<PathBuf>,
}

impl Store {
    /// The sealed copy of the registry: where the settings say, else beside the database file, else in the working
    /// directory.
    pub(crate) fn copy(&self) -> PathBuf {
        match (&self.copy, self.url.file()) {
            (Some(path), _) => path.clone(),
            (None, Some(file)) => beside(&file, "copy"),
            (None, None) => "barid-registry.copy".into(),
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.within("store.max_connections", self.max_connections, 1..=MAX_CONNECTIONS);
        if self.timeout.is_zero() {
            problems.add("store.timeout", "is 0s: give more".to_owned());
        }
    }
}

/// `barid.db` and `key` make `barid.db.key`.
pub(crate) fn beside(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn the_copy_is_beside_the_data_unless_told() {
        assert_eq!(settings("").store.copy(), Path::new("barid-data/barid.db.copy"));
        assert_eq!(settings("store.url = 'postgres://h/b'").store.copy(), Path::new("barid-registry.copy"));
        assert_eq!(settings("store.copy = '/c'").store.copy(), Path::new("/c"));
    }
}
