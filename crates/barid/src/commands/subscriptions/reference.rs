//! Which subscription is meant.

use clap::Args;

use super::NAMED;
use crate::api::{Api, Path};

/// A subscription.
#[derive(Clone, Debug, Args)]
pub(super) struct Reference {
    /// Its name, or its id (sub_...).
    #[arg(value_name = "NAME")]
    name: String,

    /// The tenant whose subscription has this name; needed where several have one.
    #[arg(long)]
    tenant: Option<String>,
}

impl Reference {
    /// Where it is in the API.
    pub(super) async fn path(&self, api: &Api) -> anyhow::Result<Path> {
        NAMED.path(api, &self.name, self.tenant.as_ref()).await
    }
}
