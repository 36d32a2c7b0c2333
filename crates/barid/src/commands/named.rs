//! Which subscription or source is meant: by its id, or by the name people gave it.

use anyhow::bail;
use clap::Args;

use crate::api::{Api, Path};
use crate::apply::wanted::{Kind, Thing};
use crate::exit::Usage;

/// How many characters follow the prefix of an id: the base32 of 16 bytes.
const HASH: usize = 26;

/// What has a name within its tenant, and an id that is derived from both.
pub(super) struct Named {
    /// What the API calls them.
    pub(super) collection: &'static str,
    /// What people call one.
    pub(super) what: &'static str,
    /// What every id begins with.
    pub(super) prefix: &'static str,
    pub(super) kind: Kind,
}

/// One of them.
#[derive(Clone, Debug, Args)]
pub(super) struct Reference {
    /// Its name, or its id.
    #[arg(value_name = "NAME")]
    name: String,

    /// The tenant whose it is; needed where several have one of this name.
    #[arg(long)]
    tenant: Option<String>,
}

impl Named {
    /// Where the one that is meant is in the API.
    pub(super) async fn path(&self, api: &Api, reference: &Reference) -> anyhow::Result<Path> {
        let (name, tenant) = (reference.name.as_str(), reference.tenant.as_ref());
        let collection = Path::v1(self.collection);
        if tenant.is_none() && self.is_id(name) {
            return Ok(collection.join(name));
        }
        let list = collection.clone().with("name", name).with_some("tenant", tenant);
        let items = api.list(&list).await?;
        let found: Vec<_> = items.iter().filter_map(|item| Thing::of(self.kind, item)).collect();
        match found.as_slice() {
            [thing] => Ok(collection.join(&thing.id)),
            [] => {
                let of = tenant.map(|tenant| format!(" of tenant {tenant}")).unwrap_or_default();
                bail!("there is no {} {name:?}{of}: see `barid {} list`", self.what, self.collection)
            }
            several => {
                let tenants: Vec<_> = several.iter().filter_map(|thing| thing.tenant.as_deref()).collect();
                let tenants = tenants.join(", ");
                bail!(Usage(format!(
                    "several tenants have a {} {name:?}: add --tenant and one of {tenants}",
                    self.what
                )))
            }
        }
    }

    fn is_id(&self, text: &str) -> bool {
        let is_base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
        text.strip_prefix(self.prefix).is_some_and(|hash| hash.len() == HASH && hash.bytes().all(is_base32))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{sources, subscriptions};

    #[test]
    fn tells_ids_from_names_that_look_alike() {
        let (tenant, name) = ("acme".parse().unwrap(), "a".parse().unwrap());
        let subscription = barid_registry::SubscriptionId::derive(&tenant, &name);
        let source = barid_registry::source::SourceId::derive(&tenant, &name);
        assert!(subscriptions::NAMED.is_id(subscription.as_str()));
        assert!(sources::NAMED.is_id(source.as_str()));
        for name in ["sub_processors", "src_forms", "big-deals", source.as_str()] {
            assert!(!subscriptions::NAMED.is_id(name), "{name}");
        }
        assert!(!sources::NAMED.is_id("src_forms"));
    }
}
