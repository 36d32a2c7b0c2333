//! Writing and changing a source's document. Defaults in force are written out; what the preset says is not.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    SourceReading, read,
    read::OVERRIDES,
    secret::{SecretText, SourceSecret},
    settings::{OnInvalid, SourceSettings},
};
use crate::{
    document::Secrets,
    problem::{Problem, Problems, Step},
    tree::Node,
};

/// The canonical document of a source.
pub fn write(settings: &SourceSettings, secrets: Secrets) -> Value {
    let text = |secret: &SecretText| match secrets {
        Secrets::Shown => secret.expose().to_owned(),
        Secrets::Masked => secret.masked(),
    };
    let on_invalid = match settings.on_invalid {
        OnInvalid::Reject => "reject",
        OnInvalid::DeadLetter => "dead_letter",
    };
    let mut document = Map::from_iter([
        ("name".to_owned(), json!(settings.name.as_str())),
        ("tenant".to_owned(), json!(settings.tenant.as_str())),
        ("preset".to_owned(), json!(settings.preset.as_str())),
        ("on_invalid".to_owned(), json!(on_invalid)),
        ("dedup_window".to_owned(), json!(humantime::format_duration(settings.dedup_window).to_string())),
        ("max_body".to_owned(), json!(settings.max_body)),
        ("keep_raw".to_owned(), json!(settings.keep_raw)),
        ("enabled".to_owned(), json!(settings.enabled)),
    ]);
    match settings.secrets.as_slice() {
        [] => {}
        [SourceSecret { secret, until: None }] => _ = document.insert("secret".to_owned(), text(secret).into()),
        several => {
            let item = |one: &SourceSecret| match one.until {
                None => Value::String(text(&one.secret)),
                Some(until) => {
                    json!({"secret": text(&one.secret), "until": until.to_rfc3339_opts(SecondsFormat::AutoSi, true)})
                }
            };
            document.insert("secrets".to_owned(), several.iter().map(item).collect());
        }
    }
    if let Some(token) = &settings.verify_token {
        document.insert("verify_token".to_owned(), text(token).into());
    }
    if let Some(url) = &settings.public_url {
        // Its path holds the source's token.
        let shown = match secrets {
            Secrets::Shown => url.clone(),
            Secrets::Masked => Url::parse(url)
                .map_or_else(|_| "…".to_owned(), |url| format!("{}/…", url.origin().ascii_serialization())),
        };
        document.insert("public_url".to_owned(), shown.into());
    }
    if let Some(limit) = settings.rate_limit {
        document.insert("rate_limit".to_owned(), json!({"per_second": limit.per_second, "burst": limit.burst}));
    }
    document.extend(settings.overrides.clone());
    Value::Object(document)
}

/// The source that comes of `reading.current` by this merge patch (RFC 7396); or everything that is wrong with it. Name and
/// tenant cannot be changed. What stands in the place of the preset is replaced as a whole.
pub fn patch(
    current: &SourceSettings,
    merge_patch: &Value,
    reading: &SourceReading<'_>,
) -> Result<SourceSettings, Problems> {
    Node::document(merge_patch).map_err(Problems::from)?;
    let Value::Object(changes) = merge_patch else {
        return Err(Problem::whole("is no mapping: give the keys to change").into());
    };
    let mut document = write(current, Secrets::Shown);
    if let Value::Object(document) = &mut document {
        for (one, other) in [("secret", "secrets"), ("secrets", "secret")] {
            if changes.get(one).is_some_and(|value| !value.is_null()) && !changes.contains_key(other) {
                document.remove(other);
            }
        }
        for (key, value) in changes {
            match (value, document.get_mut(key)) {
                (Value::Null, _) => _ = document.remove(key),
                (Value::Object(inner), Some(Value::Object(there))) if !OVERRIDES.contains(&key.as_str()) => {
                    there.extend(inner.clone());
                }
                _ => _ = document.insert(key.clone(), value.clone()),
            }
        }
    }
    // What is taken out must not come back from what there is.
    let is_out = |key: &str| changes.get(key).is_some_and(Value::is_null);
    let mut kept = current.clone();
    if is_out("verify_token") {
        kept.verify_token = None;
    }
    if is_out("secret") || is_out("secrets") {
        kept.secrets.clear();
    }
    let settings = read(&document, &SourceReading { current: Some(&kept), ..*reading })?;
    let mut problems = Problems::default();
    for (key, is_same) in [("name", settings.name == current.name), ("tenant", settings.tenant == current.tenant)] {
        if !is_same {
            let message = "cannot be changed: create another source and delete this one";
            problems.add(Problem::new(None, &[Step::Key(key)], message));
        }
    }
    problems.none_or(settings)
}
