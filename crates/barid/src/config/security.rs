//! What is forbidden unless an operator allows it, and what secrets are sealed with.

use std::path::PathBuf;

use barid_egress::Guard;
use serde::{Deserialize, Serialize};

use super::hidden::Hidden;
use super::text::{List, optional_path};

/// The section `security`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Security {
    /// Whether subscribers may have http URLs.
    pub(crate) allow_http: bool,
    /// Whether subscribers may have private addresses.
    pub(crate) allow_private_networks: bool,
    /// What secrets in the store are sealed with.
    pub(crate) master_key: Hidden,
    /// A file that holds the master key.
    #[serde(with = "optional_path")]
    pub(crate) master_key_file: Option<PathBuf>,
    /// Master keys that what is sealed already may need.
    pub(crate) other_master_keys: List<Hidden>,
}

impl Security {
    /// Which destinations may be called.
    pub(crate) fn guard(&self) -> Guard {
        Guard { allow_http: self.allow_http, allow_private_networks: self.allow_private_networks }
    }
}
