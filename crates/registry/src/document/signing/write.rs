//! Writing the schemes: always every key, with the defaults that are in force.

use barid_signature::{Key, Scheme};
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use crate::{
    document::Secrets,
    signing::{Fresh, Signing, SigningScheme, SigningSecret},
};

/// One scheme is a mapping, several are a list.
pub(in crate::document) fn write(signing: &Signing, secrets: Secrets) -> Value {
    match signing.schemes() {
        [only] => Value::Object(write_scheme(only, secrets)),
        several => several.iter().map(|of| Value::Object(write_scheme(of, secrets))).collect(),
    }
}

/// One secret without an end is `secret`; anything else is `secrets`.
fn write_scheme(of: &SigningScheme, secrets: Secrets) -> Map<String, Value> {
    let text = |key: &Key| match secrets {
        Secrets::Shown => key.expose().to_string(),
        Secrets::Masked => key.masked(),
    };
    let mut document = head(of);
    if let [SigningSecret { key, until: None }] = &of.keys[..] {
        document.insert("secret".to_owned(), text(key).into());
    } else {
        let item = |secret: &SigningSecret| match secret.until {
            None => Value::String(text(&secret.key)),
            Some(until) => {
                json!({"secret": text(&secret.key), "until": until.to_rfc3339_opts(SecondsFormat::AutoSi, true)})
            }
        };
        document.insert("secrets".to_owned(), of.keys.iter().map(item).collect());
    }
    document
}

/// Everything but the secrets.
fn head(of: &SigningScheme) -> Map<String, Value> {
    let mut document = Map::from_iter([("scheme".to_owned(), json!(of.scheme.name()))]);
    let mut set = |key: &str, value: &str| document.insert(key.to_owned(), value.into());
    match &of.scheme {
        Scheme::Standard | Scheme::StandardEd25519 | Scheme::Github => {}
        Scheme::Stripe { header } => _ = set("header", header.as_str()),
        Scheme::Hmac(hmac) => {
            set("header", hmac.header.as_str());
            set("algorithm", hmac.algorithm.name());
            set("encoding", hmac.encoding.name());
            set("prefix", hmac.prefix.as_str());
        }
    }
    if let Some(public) = of.keys.first().and_then(|newest| newest.key.public()) {
        set("public_key", &public.to_string());
    }
    document
}

/// The key `signing` of an answer: masked, but for new secrets, which their owner has not seen yet and will not be shown
/// again. A scheme with one has all of its secrets as `{secret, until}`.
pub fn reveal(signing: &Signing, fresh: &Fresh) -> Value {
    let shown = |(of, is_new): (&SigningScheme, bool)| {
        if !is_new {
            return Value::Object(write_scheme(of, Secrets::Masked));
        }
        let item = |(number, SigningSecret { key, until }): (usize, &SigningSecret)| {
            let text = if number == 0 { key.expose().to_string() } else { key.masked() };
            let mut secret = Map::from_iter([("secret".to_owned(), json!(text))]);
            if let Some(until) = until {
                secret.insert("until".to_owned(), json!(until.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
            }
            Value::Object(secret)
        };
        let mut document = head(of);
        document.insert("secrets".to_owned(), of.keys.iter().enumerate().map(item).collect());
        Value::Object(document)
    };
    let mut all: Vec<_> = signing.schemes().iter().zip(fresh.made(signing)).map(shown).collect();
    if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
}
