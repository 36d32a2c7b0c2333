//! `Idempotency-Key`: a client that sends the same request again gets the same events. Ids that it did not give are made
//! of its key, so that a copy carries the same id, and receivers can tell it.

use axum::http::HeaderMap;
use barid_event::Tenant;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::http::{Kind, Problem};

/// The header field.
const HEADER: &str = "idempotency-key";
/// The longest key, in bytes.
const MAX_LENGTH: usize = 255;

/// The key in a request, if there is one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=MAX_LENGTH).contains(&key.len()));
    let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
    key.map(Some).ok_or_else(|| {
        Problem::new(Kind::Malformed, format!("{HEADER} is not 1 to {MAX_LENGTH} visible ASCII characters: shorten it"))
    })
}

/// The id of the event that comes at this place in the request.
pub(super) fn id(tenant: &Tenant, key: &str, index: usize) -> Uuid {
    // Neither a tenant nor a key holds a zero byte, so no other triple gives the same input.
    let hash = Sha256::new()
        .chain_update(tenant.as_str())
        .chain_update([0])
        .chain_update(key)
        .chain_update([0])
        .chain_update(index.to_string())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn read(value: &str) -> Option<String> {
        let value = HeaderValue::from_str(value).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static(HEADER), value)]);
        key(&headers).ok().flatten().map(ToOwned::to_owned)
    }

    #[test]
    fn is_visible_ascii_within_bounds() {
        assert_eq!(read("order-7").as_deref(), Some("order-7"));
        for bad in ["", "a b", &"x".repeat(256)] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(key(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn the_same_key_gives_the_same_ids_and_others_give_others() {
        let (acme, globex): (Tenant, Tenant) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        assert_eq!(id(&acme, "k", 0), id(&acme, "k", 0));
        assert_ne!(id(&acme, "k", 0), id(&acme, "k", 1));
        assert_ne!(id(&acme, "k", 0), id(&globex, "k", 0));
        assert_ne!(id(&acme, "k1", 0), id(&acme, "k", 10));
        assert_eq!(id(&acme, "k", 0).get_version_num(), 8);
    }
}
