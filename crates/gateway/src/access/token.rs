//! API keys as clients send them, `bk_<id>_<secret>`, and whether one is good. The answer does not tell an unknown key from
//! a wrong one, neither in words nor in time.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use barid_store::{ApiKey, KEY_ID_LENGTH, KeyId, Keyring};
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use crate::keys;

/// The longest text that is looked at, in bytes.
const MAX_LENGTH: usize = 128;
/// Where a key may be sent instead of `authorization`.
const OTHER_HEADER: &str = "x-api-key";
/// How it is announced there.
const SCHEME: &str = "bearer ";

/// A key as a client sends it.
#[derive(PartialEq, Eq)]
pub(crate) struct Token<'a> {
    id: KeyId,
    secret: &'a str,
}

impl<'a> Token<'a> {
    /// The key in a request: `Ok(None)` without one, an error if what there is cannot be one.
    pub(crate) fn find(headers: &'a HeaderMap) -> Result<Option<Self>, ()> {
        let text = match (headers.get(header::AUTHORIZATION), headers.get(OTHER_HEADER)) {
            (None, None) => return Ok(None),
            (Some(value), _) => {
                let (scheme, text) = value.to_str().map_err(drop)?.split_at_checked(SCHEME.len()).ok_or(())?;
                if !scheme.eq_ignore_ascii_case(SCHEME) {
                    return Err(());
                }
                text
            }
            (None, Some(value)) => value.to_str().map_err(drop)?,
        };
        Self::parse(text.trim()).map(Some).ok_or(())
    }

    fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (id, secret) = text.strip_prefix(keys::PREFIX)?.split_at_checked(KEY_ID_LENGTH)?;
        Some(Self { id: id.parse().ok()?, secret: secret.strip_prefix('_')? })
    }

    /// The registered key that this is, if it is one and has not expired.
    pub(crate) fn verify(&self, keyring: &Keyring, now: DateTime<Utc>) -> Option<Arc<ApiKey>> {
        let key = keyring.get(&self.id);
        // Hashed and compared in any case, so that an unknown id takes as long as a wrong secret.
        let known = key.map_or([0; 32], |key| key.hash);
        let is_right = bool::from(keys::hash(self.secret).ct_eq(&known));
        key.filter(|key| is_right && key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const TEXT: &str = "bk_aaaaaaaaaaaa_secret";

    fn find(name: &'static str, value: &str) -> Result<Option<(String, String)>, ()> {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())]);
        let found = Token::find(&headers)?;
        Ok(found.map(|token| (token.id.to_string(), token.secret.to_owned())))
    }

    #[test]
    fn is_found_in_either_header() {
        let expected = Ok(Some(("aaaaaaaaaaaa".to_owned(), "secret".to_owned())));
        assert_eq!(find("authorization", &format!("Bearer {TEXT}")), expected);
        assert_eq!(find("authorization", &format!("bearer {TEXT}")), expected);
        assert_eq!(find("x-api-key", TEXT), expected);
        assert_eq!(find("accept", TEXT), Ok(None));
    }

    #[test]
    fn refuses_what_cannot_be_a_key() {
        for text in
            ["", "Bearer", "Basic abc", TEXT, "Bearer bk_", "Bearer bk_AAAAAAAAAAAA_s", "Bearer bk_aaaaaaaaaaaas"]
        {
            assert_eq!(find("authorization", text), Err(()), "{text}");
        }
        assert_eq!(find("x-api-key", &format!("{TEXT}{}", "s".repeat(MAX_LENGTH))), Err(()));
    }
}
