//! The identifier of a source, in URLs of the API, logs and records. It is computed from tenant and name, as that of a
//! subscription is. No secret: what a provider calls is named by a token.

use std::{fmt, str::FromStr, sync::Arc};

use barid_event::Tenant;
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use crate::name::Name;

/// What every identifier begins with.
const PREFIX: &str = "src_";

/// How many bytes of the hash of tenant and name go into an identifier.
const HASH_BYTES: usize = 16;

/// The longest identifier, in bytes.
const MAX_LENGTH: usize = 64;

/// A source's identifier: `[a-z0-9_]`, 1 to 64 of them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(Arc<str>);

/// Why a text is no [`SourceId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("source id is not 1 to {MAX_LENGTH} lower-case letters, digits and '_': copy it from the list")]
pub struct InvalidSourceId;

impl SourceId {
    /// The identifier of the source called `name` of `tenant`: `src_` and the base32 of the first 16 bytes of
    /// SHA-256(tenant, 0, name). The same on every machine, for ever.
    pub fn derive(tenant: &Tenant, name: &Name) -> Self {
        // Neither a tenant nor a name holds a zero byte, so no two pairs hash the same text.
        let hash = Sha256::new().chain_update(tenant.as_str()).chain_update([0]).chain_update(name.as_str()).finalize();
        let mut text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&hash[..HASH_BYTES]));
        text.make_ascii_lowercase();
        Self(text.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SourceId {
    type Err = InvalidSourceId;

    fn from_str(text: &str) -> Result<Self, InvalidSourceId> {
        let is_good = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if is_good { Ok(Self(text.into())) } else { Err(InvalidSourceId) }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_derived_from_tenant_and_name() {
        let derive = |tenant: &str, name: &str| SourceId::derive(&tenant.parse().unwrap(), &name.parse().unwrap());
        let id = derive("acme", "site");
        assert_eq!(id, derive("acme", "site"));
        assert_ne!(id, derive("acme", "shop"));
        assert_ne!(id, derive("globex", "site"));
        assert_eq!(id.as_str().len(), 30);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn refuses_what_no_id_looks_like() {
        for text in ["", "Src_1", "src-1", "src_1/x", &"x".repeat(65)] {
            assert_eq!(text.parse::<SourceId>(), Err(InvalidSourceId), "{text}");
        }
    }
}
