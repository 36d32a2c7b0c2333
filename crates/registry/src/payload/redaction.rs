//! What is left of a value that a receiver may not see in full.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::id::SubscriptionId;

/// What stands for the hidden part. Always the same, so that it does not tell the length.
const STARS: &str = "***";

/// How a value is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// `***` and the end: the domain of a mail address, else the last four characters of twelve or more, or the last two
    /// of six or more.
    Mask,
    /// SHA-256 in hex over the subscription's id, a zero byte and the value: the same for the same value, so that a
    /// receiver can join by it, and another for each subscription. Who knows the id can still try values out.
    Hash,
}

impl Redaction {
    /// Every redaction, as documents spell it.
    pub(crate) const ALL: [(&'static str, Self); 2] = [("mask", Self::Mask), ("hash", Self::Hash)];

    /// How documents spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Hash => "hash",
        }
    }

    /// Hides a value: each text, number and boolean in it. Null stays null.
    pub(crate) fn hide(self, value: &mut Value, id: &SubscriptionId) {
        let hidden = match value {
            Value::Null => return,
            Value::Array(items) => return items.iter_mut().for_each(|item| self.hide(item, id)),
            Value::Object(members) => return members.values_mut().for_each(|member| self.hide(member, id)),
            Value::String(text) => self.hidden(text, id),
            Value::Number(number) => self.hidden(&number.to_string(), id),
            Value::Bool(truth) => self.hidden(&truth.to_string(), id),
        };
        *value = Value::String(hidden);
    }

    fn hidden(self, text: &str, id: &SubscriptionId) -> String {
        match self {
            Self::Mask => mask(text),
            Self::Hash => {
                let digest = Sha256::new().chain_update(id.as_str()).chain_update([0]).chain_update(text).finalize();
                data_encoding::HEXLOWER.encode(&digest)
            }
        }
    }
}

fn mask(text: &str) -> String {
    if let Some((name, domain)) = text.rsplit_once('@')
        && !name.is_empty()
        && domain.contains('.')
        && !domain.contains(char::is_whitespace)
    {
        return format!("{STARS}@{domain}");
    }
    let length = text.chars().count();
    let kept = match length {
        12.. => 4,
        6.. => 2,
        _ => 0,
    };
    STARS.chars().chain(text.chars().skip(length - kept)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hidden(redaction: Redaction, name: &str, mut value: Value) -> Value {
        let id = SubscriptionId::derive(&"acme".parse().unwrap(), &name.parse().unwrap());
        redaction.hide(&mut value, &id);
        value
    }

    #[test]
    fn a_mask_keeps_the_end() {
        for (text, kept) in [
            ("DE89370400440532013000", "***3000"),
            ("1234567", "***67"),
            ("12345", "***"),
            ("", "***"),
            ("jane.doe@example.com", "***@example.com"),
            ("@example.com", "***.com"),
            ("ةيبرعلا", "***لا"),
        ] {
            assert_eq!(hidden(Redaction::Mask, "a", json!(text)), kept, "{text}");
        }
    }

    #[test]
    fn hides_everything_in_lists_and_objects_but_null() {
        let value = json!({"a": [4_915_112_345_678_u64, true, null], "b": {"c": "secret"}});
        let expected = json!({"a": ["***5678", "***", null], "b": {"c": "***et"}});
        assert_eq!(hidden(Redaction::Mask, "a", value), expected);
    }

    #[test]
    fn a_hash_is_the_same_for_the_same_value_and_subscription() {
        let hash = |name, value| hidden(Redaction::Hash, name, value);
        assert_eq!(hash("a", json!(7)), hash("a", json!("7")));
        assert_ne!(hash("a", json!(7)), hash("b", json!(7)));
        assert_eq!(hash("a", json!(7)).as_str().map(str::len), Some(64));
    }
}
