//! What an operator may set about the gateway, and about what tenants may have.

use std::net::SocketAddr;
use std::path::PathBuf;

use barid_registry::RequestOrigin;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::public_url::PublicUrl;
use super::text::{checked, optional, optional_path};

/// The most that a quota can be.
const MAX_QUOTA: u32 = 1_000_000;

/// The most own lanes of an installation: each is a quorum queue.
const MAX_OWN_LANES: u32 = 500;

/// The section `gateway`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gateway {
    /// Where everything is served.
    pub(crate) listen: SocketAddr,
    /// Where the little is served that the internet may see.
    #[serde(with = "optional")]
    pub(crate) public_listen: Option<SocketAddr>,
    /// Whether events may be published there.
    pub(crate) public_publish: bool,
    /// What the URLs of sources begin with.
    #[serde(with = "optional")]
    pub(crate) public_url: Option<PublicUrl>,
    /// What receivers are told who asks for their consent, and who delivers.
    #[serde(with = "checked")]
    pub(crate) origin: RequestOrigin,
    /// Where the first admin key goes.
    #[serde(with = "optional_path")]
    pub(crate) admin_key_file: Option<PathBuf>,
}

/// The section `quotas`: what a tenant may have unless its own settings say otherwise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quotas {
    /// Subscriptions.
    pub(crate) subscriptions: u32,
    /// Subscriptions that want one event.
    pub(crate) fanout: u32,
    /// Lanes of their own.
    pub(crate) own_lanes: u32,
    /// Events published over HTTP per second.
    pub(crate) publish_per_second: u32,
}

impl Quotas {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.within("quotas.subscriptions", self.subscriptions, 1..=MAX_QUOTA);
        problems.within("quotas.fanout", self.fanout, 1..=MAX_QUOTA);
        problems.within("quotas.own_lanes", self.own_lanes, 0..=MAX_OWN_LANES);
        problems.within("quotas.publish_per_second", self.publish_per_second, 1..=MAX_QUOTA);
    }
}
