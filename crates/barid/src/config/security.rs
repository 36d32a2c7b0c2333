//! What is forbidden unless an operator allows it.

use barid_egress::Guard;
use serde::{Deserialize, Serialize};

/// The section `security`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Security {
    /// Whether subscribers may have http URLs.
    pub(crate) allow_http: bool,
    /// Whether subscribers may have private addresses.
    pub(crate) allow_private_networks: bool,
}

impl Security {
    /// Which destinations may be called.
    pub(crate) fn guard(&self) -> Guard {
        Guard { allow_http: self.allow_http, allow_private_networks: self.allow_private_networks }
    }
}
