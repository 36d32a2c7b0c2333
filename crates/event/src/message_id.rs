//! The id under which every delivery of an event travels, derived from what the publisher said.
//!
//! It is a pure function of tenant, source and id: a retry, a crash or a replay, on any machine, gives the same one, so
//! receivers can tell duplicates without Barid keeping any memory of them.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::checked::checked_string;
use crate::{EventId, Source, Tenant};

/// What every message id begins with.
const PREFIX: &str = "msg_";

/// How many bytes of the hash an id shows: 128 bits, so that ids do not collide by accident.
const HASH_BYTES: usize = 16;

/// How many base32 characters those bytes take.
const ENCODED: usize = 26;

checked_string! {
    /// The `webhook-id` of an event: `msg_` and the first 16 bytes of SHA-256(tenant, 0, source, 0, id) in lower-case
    /// base32 (RFC 4648, no padding). 30 ASCII characters, none of them a dot.
    MessageId, InvalidMessageId, check
}

impl MessageId {
    /// The message id of the event that `source` published as `id` for `tenant`.
    pub fn of(tenant: &Tenant, source: &Source, id: &EventId) -> Self {
        // None of the three can hold a zero byte, so no other triple gives the same input.
        let hash = Sha256::new()
            .chain_update(tenant.as_str())
            .chain_update([0])
            .chain_update(source.as_str())
            .chain_update([0])
            .chain_update(id.as_str())
            .finalize();
        let mut text = String::with_capacity(PREFIX.len() + ENCODED);
        text.push_str(PREFIX);
        BASE32_NOPAD.encode_append(&hash[..HASH_BYTES], &mut text);
        text.make_ascii_lowercase();
        Self(text.into())
    }
}

/// Why a text is no message id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "message id is not `{PREFIX}` with {ENCODED} characters of a-z and 2-7: copy it whole from the `webhook-id` header"
)]
pub struct InvalidMessageId;

fn check(text: &str) -> Result<(), InvalidMessageId> {
    let encoded = text.strip_prefix(PREFIX).ok_or(InvalidMessageId)?;
    if encoded.len() == ENCODED && encoded.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')) {
        Ok(())
    } else {
        Err(InvalidMessageId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn of(tenant: &str, source: &str, id: &str) -> Result<MessageId, Box<dyn std::error::Error>> {
        Ok(MessageId::of(&tenant.parse()?, &source.parse()?, &id.parse()?))
    }

    // Receivers keep these ids to tell duplicates: this vector never changes.
    #[test]
    fn never_changes() -> TestResult {
        assert_eq!(of("default", "/crm/sales", "evt-1")?.as_str(), "msg_awum3glrum2baaanvga7hn3rni");
        assert_eq!(of("acme", "/crm/sales", "evt-1")?.as_str(), "msg_pklcgvsgi6g6impgbjfu6l6j2e");
        Ok(())
    }

    #[test]
    fn separates_what_it_hashes() -> TestResult {
        assert_ne!(of("a", "bc", "d")?, of("a", "b", "cd")?);
        Ok(())
    }

    #[test]
    fn reads_back_what_it_writes() -> TestResult {
        let id = of("acme", "/crm", "1")?;
        assert_eq!(id.as_str().parse(), Ok(id));
        for text in ["", "msg_", "msg_abc", "evt_aaaaaaaaaaaaaaaaaaaaaaaaaa", "msg_Aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(text.parse::<MessageId>(), Err(InvalidMessageId), "{text}");
        }
        Ok(())
    }
}
