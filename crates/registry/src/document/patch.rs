//! Changing a document by a merge patch (RFC 7396): what is named is replaced, what is null falls back to its default.

use serde_json::{Map, Value};

use super::{Reading, Secrets, delivery, read, write};
use crate::{
    problem::{Problem, Problems, Step},
    settings::Settings,
    tree::Node,
};

/// The settings that come of `current` by this patch; or everything that is wrong with them. Secrets that it
/// removes stay the current ones. Name and tenant cannot be changed.
pub fn patch(current: &Settings, merge_patch: &Value, reading: &Reading<'_>) -> Result<Settings, Problems> {
    // Bounds the patch before anything is made of it.
    Node::document(merge_patch).map_err(Problems::from)?;
    let Value::Object(patch) = merge_patch else {
        return Err(Problem::whole("is no mapping: give the keys to change").into());
    };
    let mut document = write(current, Secrets::Shown);
    if let Value::Object(document) = &mut document {
        choose_spelling(document, patch);
        delivery::choose_spelling(document, patch);
        merge(document, patch);
    }
    let reading = Reading { signing: Some(&current.signing), ..*reading };
    let settings = read(&document, &reading)?;
    let mut problems = Problems::default();
    for (key, is_same) in [("name", settings.name == current.name), ("tenant", settings.tenant == current.tenant)] {
        if !is_same {
            let message = "cannot be changed: create another subscription and delete this one";
            problems.add(Problem::new(None, &[Step::Key(key)], message));
        }
    }
    problems.none_or(settings)
}

/// `secret` and `secrets` are two spellings of one thing, a scheme has keys that others have not, and a template is there instead of an envelope and an encoding: a
/// patch that sets one replaces the other.
fn choose_spelling(document: &mut Map<String, Value>, patch: &Map<String, Value>) {
    let signing = patch.get("signing").unwrap_or(&Value::Null);
    let set = |key| signing.get(key).is_some_and(|value| !value.is_null());
    if let Some(Value::Object(before)) = document.get_mut("signing") {
        if set("scheme") && signing.get("scheme") != before.get("scheme") {
            before.clear();
        }
        match (set("secret"), set("secrets")) {
            (true, false) => before.retain(|key, _| key != "secrets" && key != "public_key"),
            (false, true) => before.retain(|key, _| key != "secret" && key != "public_key"),
            _ => {}
        }
    }
    let set = |key| patch.get("payload").and_then(|payload| payload.get(key)).is_some_and(|value| !value.is_null());
    if let Some(Value::Object(payload)) = document.get_mut("payload") {
        match (set("template"), set("envelope") || set("encoding")) {
            (true, false) => payload.retain(|key, _| key != "envelope" && key != "encoding"),
            (false, true) => payload.retain(|key, _| key != "template" && key != "content_type"),
            _ => {}
        }
    }
    if let (Some(Value::Object(destination)), Some(patch)) = (document.get_mut("destination"), patch.get("destination"))
    {
        renew_access(destination, patch);
    }
}

/// Another kind of authentication replaces the old one with all its keys, and a header's name has one spelling.
fn renew_access(destination: &mut Map<String, Value>, patch: &Value) {
    let kind = patch.pointer("/auth/kind");
    if let Some(Value::Object(auth)) = destination.get_mut("auth")
        && kind.is_some_and(|kind| auth.get("kind") != Some(kind))
    {
        auth.clear();
    }
    if let (Some(Value::Object(headers)), Some(Value::Object(patch))) =
        (destination.get_mut("headers"), patch.get("headers"))
    {
        headers.retain(|name, _| !patch.keys().any(|key| key.eq_ignore_ascii_case(name)));
    }
}

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => _ = target.remove(key),
            Value::Object(patch) => {
                let inner = target.entry(key).or_insert(Value::Null);
                if !inner.is_object() {
                    *inner = Value::Object(Map::new());
                }
                if let Value::Object(inner) = inner {
                    merge(inner, patch);
                }
            }
            _ => _ = target.insert(key.clone(), value.clone()),
        }
    }
}
