//! Which subscription is meant: by its id, or by the name people gave it.

use anyhow::bail;
use clap::Args;

use super::COLLECTION;
use crate::api::{Api, Path};
use crate::apply::wanted::{Kind, Thing};
use crate::exit::Usage;

/// What every id begins with.
const PREFIX: &str = "sub_";

/// How many characters follow: the base32 of 16 bytes.
const HASH: usize = 26;

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
        let collection = Path::v1(COLLECTION);
        if self.tenant.is_none() && is_id(&self.name) {
            return Ok(collection.join(&self.name));
        }
        let list = collection.clone().with("name", &self.name).with_some("tenant", self.tenant.as_ref());
        let items = api.list(&list).await?;
        let found: Vec<_> = items.iter().filter_map(|item| Thing::of(Kind::Subscription, item)).collect();
        match found.as_slice() {
            [thing] => Ok(collection.join(&thing.id)),
            [] => bail!("there is no subscription {}: see `barid subscriptions list`", self.described()),
            several => {
                let tenants: Vec<_> = several.iter().filter_map(|thing| thing.tenant.as_deref()).collect();
                bail!(Usage(format!(
                    "several tenants have a subscription {:?}: add --tenant and one of {}",
                    self.name,
                    tenants.join(", ")
                )))
            }
        }
    }

    fn described(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{:?} of tenant {tenant}", self.name),
            None => format!("{:?}", self.name),
        }
    }
}

fn is_id(text: &str) -> bool {
    let is_base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    text.strip_prefix(PREFIX).is_some_and(|hash| hash.len() == HASH && hash.bytes().all(is_base32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_ids_from_names_that_look_alike() {
        let id = barid_registry::SubscriptionId::derive(&"acme".parse().unwrap(), &"a".parse().unwrap());
        assert!(is_id(id.as_str()));
        assert!(!is_id("sub_processors"));
        assert!(!is_id("big-deals"));
    }
}
