//! Making API keys. The text of a key is seen once, by whoever asked for it; what stays is its hash.

use barid_event::Tenant;
use barid_store::{ApiKey, KeyId, Scope};
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// What every key begins with.
pub(crate) const PREFIX: &str = "bk_";

/// How many random bytes a secret has: too many to guess, so its hash need not be slow.
const SECRET_BYTES: usize = 32;

/// A new key, and its text `bk_<id>_<secret>`. `fill` must fill bytes with cryptographic randomness. An admin's key has no
/// tenant, every other has one.
pub fn generate(
    scope: Scope,
    tenant: Option<Tenant>,
    name: String,
    mut fill: impl FnMut(&mut [u8]),
    now: DateTime<Utc>,
) -> (ApiKey, SecretString) {
    let id = KeyId::generate(&mut fill);
    let mut bytes = [0; SECRET_BYTES];
    fill(&mut bytes);
    let secret = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    let text = format!("{PREFIX}{id}_{secret}");
    let key = ApiKey {
        id,
        tenant,
        scope,
        name,
        hash: hash(&secret),
        created_at: now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 0,
    };
    (key, text.into())
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_text_holds_what_the_hash_is_of() {
        let mut next = 0;
        let fill = |bytes: &mut [u8]| {
            next += 1;
            bytes.fill(next);
        };
        let (key, text) = generate(Scope::Admin, None, "first".to_owned(), fill, DateTime::UNIX_EPOCH);
        let secret = text.expose_secret().strip_prefix(&format!("bk_{}_", key.id)).unwrap();
        assert_eq!(secret.len(), 52);
        assert_eq!(hash(secret), key.hash);
    }
}
