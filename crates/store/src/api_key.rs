//! An API key, without its secret: of that only a hash is kept.

use std::{borrow::Borrow, fmt, str::FromStr};

use barid_event::Tenant;
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

/// How long a [`KeyId`] is.
pub const KEY_ID_LENGTH: usize = 12;
/// How many random bytes a [`KeyId`] is made of; the characters beyond its length are cut off.
const KEY_ID_BYTES: usize = 8;

/// The public part of an API key: [`KEY_ID_LENGTH`] characters of `[a-z2-7]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// A text is no [`KeyId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key id is not {KEY_ID_LENGTH} characters of a-z and 2-7: take it from the list of keys")]
pub struct InvalidKeyId;

impl KeyId {
    /// A new one, of bytes that `fill` fills at random.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = [0; KEY_ID_BYTES];
        fill(&mut bytes);
        let mut text = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        text.truncate(KEY_ID_LENGTH);
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidKeyId> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyId;

    fn try_from(text: String) -> Result<Self, InvalidKeyId> {
        let good = text.len() == KEY_ID_LENGTH && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if good { Ok(Self(text)) } else { Err(InvalidKeyId) }
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything, of every tenant.
    Admin,
    /// Everything of one tenant.
    Tenant,
    /// Publishing events of one tenant.
    Publish,
    /// Looking at one tenant's things.
    Read,
}

/// A text is no [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope is none of admin, tenant, publish and read: use one of them")]
pub struct InvalidScope;

impl Scope {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Tenant => "tenant",
            Self::Publish => "publish",
            Self::Read => "read",
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        [Self::Admin, Self::Tenant, Self::Publish, Self::Read]
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(InvalidScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An API key as the store has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public part.
    pub id: KeyId,
    /// Whose it is; none of an admin's.
    pub tenant: Option<Tenant>,
    /// What it allows.
    pub scope: Scope,
    /// What people call it.
    pub name: String,
    /// SHA-256 of its secret, which is 32 random bytes and so needs no slow hash.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to some minutes.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it is refused.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Of its last change; the store sets it. Using a key is no change.
    pub revision: u64,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("scope", &self.scope)
            .field("name", &self.name)
            .field("revoked_at", &self.revoked_at)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_id_reads_back() {
        let id = KeyId::generate(|bytes| bytes.fill(0xa7));
        assert_eq!(id.as_str().len(), KEY_ID_LENGTH);
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn refuses_other_texts_as_id() {
        for text in ["", "short", "aaaaaaaaaaaaa", "AAAAAAAAAAAA", "aaaaaaaaaaa1", "aaaaaaaaaaa\0"] {
            assert_eq!(text.parse::<KeyId>(), Err(InvalidKeyId), "{text}");
        }
    }

    #[test]
    fn scopes_read_back() {
        for scope in [Scope::Admin, Scope::Tenant, Scope::Publish, Scope::Read] {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("root".parse::<Scope>(), Err(InvalidScope));
    }
}
