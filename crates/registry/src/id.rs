//! The identifier of a subscription, in deliveries, queue names, records and URLs. It is computed from
//! tenant and name, so that files, stores and several processes agree on it.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use barid_event::Tenant;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::name::Name;

/// The longest identifier, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

/// How many bytes of the hash of tenant and name go into an identifier.
const HASH_BYTES: usize = 16;

/// A subscription's identifier: `[a-z0-9_]`, 1 to [`MAX_ID_LENGTH`] of them; no dot, since it becomes one word of an AMQP
/// routing key. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubscriptionId(Arc<str>);

/// Why a text is no [`SubscriptionId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubscriptionId {
    /// Empty, or longer than [`MAX_ID_LENGTH`].
    #[error("subscription id has {0} bytes: give 1 to {MAX_ID_LENGTH}")]
    Length(usize),
    /// Holds a character outside `[a-z0-9_]`.
    #[error("subscription id holds {0:?}: use only lower-case letters, digits and '_'")]
    Character(char),
}

impl SubscriptionId {
    /// The identifier of the subscription called `name` of `tenant`: `sub_` and the base32 of the first 16 bytes
    /// of SHA-256(tenant, 0, name). The same on every machine, for ever.
    pub fn derive(tenant: &Tenant, name: &Name) -> Self {
        // Neither a tenant nor a name holds a zero byte, so no two pairs hash the same text.
        let hash = Sha256::new().chain_update(tenant.as_str()).chain_update([0]).chain_update(name.as_str()).finalize();
        let mut text = format!("sub_{}", BASE32_NOPAD.encode(&hash[..HASH_BYTES]));
        text.make_ascii_lowercase();
        Self(text.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SubscriptionId {
    type Err = InvalidSubscriptionId;

    fn from_str(text: &str) -> Result<Self, InvalidSubscriptionId> {
        if text.is_empty() || text.len() > MAX_ID_LENGTH {
            return Err(InvalidSubscriptionId::Length(text.len()));
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        match text.chars().find(|&c| !allowed(c)) {
            Some(c) => Err(InvalidSubscriptionId::Character(c)),
            None => Ok(Self(text.into())),
        }
    }
}

impl TryFrom<String> for SubscriptionId {
    type Error = InvalidSubscriptionId;

    fn try_from(text: String) -> Result<Self, InvalidSubscriptionId> {
        text.parse()
    }
}

impl From<SubscriptionId> for String {
    fn from(id: SubscriptionId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl Borrow<str> for SubscriptionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derive(tenant: &str, name: &str) -> String {
        SubscriptionId::derive(&tenant.parse().unwrap(), &name.parse().unwrap()).to_string()
    }

    #[test]
    fn is_the_same_for_ever() {
        // Changing it would orphan every delivery on its way and every record.
        assert_eq!(derive("acme", "big-deals-to-sales"), "sub_3nzfx7qogiyn6lmqrqlnwkuo54");
    }

    #[test]
    fn tells_tenants_and_names_apart() {
        assert_ne!(derive("acme", "a"), derive("acme", "b"));
        assert_ne!(derive("acme", "a"), derive("other", "a"));
    }

    #[test]
    fn a_derived_identifier_is_a_valid_one() {
        let id = derive("acme", "x");
        assert_eq!(id.parse::<SubscriptionId>().unwrap().as_str(), id);
    }

    #[test]
    fn travels_through_json_as_a_string() {
        let id: SubscriptionId = serde_json::from_str(r#""sub_1""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""sub_1""#);
        assert!(serde_json::from_str::<SubscriptionId>(r#""sub.1""#).is_err());
    }

    #[test]
    fn refuses_dots_upper_case_and_wrong_lengths() {
        assert_eq!("a.b".parse::<SubscriptionId>(), Err(InvalidSubscriptionId::Character('.')));
        assert_eq!("A".parse::<SubscriptionId>(), Err(InvalidSubscriptionId::Character('A')));
        assert_eq!("".parse::<SubscriptionId>(), Err(InvalidSubscriptionId::Length(0)));
        assert_eq!("a".repeat(65).parse::<SubscriptionId>(), Err(InvalidSubscriptionId::Length(65)));
    }
}
