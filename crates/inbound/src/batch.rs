//! One request, several events: found by the path that the preset names, each with an id that is the same whenever the provider
//! sends it again.

use std::{collections::HashSet, sync::Arc, time::Duration};

use barid_registry::source::{Form, SourceSettings};
use data_encoding::BASE32_NOPAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    Budget, Reason,
    source::{Item, Request},
};

/// The most items in a request.
pub const MAX_ITEMS: usize = 1000;

/// The longest id of a provider that is taken as it is, in bytes; longer ones are hashed.
const MAX_ID: usize = 200;

/// How many bytes of a hash make an id.
const HASH_BYTES: usize = 20;

/// The items of a body. One that has none where they should be is a batch of none.
pub(crate) fn split(
    settings: &SourceSettings,
    body: Value,
    request: &Request,
    budget: &mut Budget<'_>,
) -> Result<Vec<Item>, Reason> {
    let mut found = Vec::new();
    match &settings.intake.items {
        None => found.push((Arc::new(body), Arc::new(Value::Null))),
        Some(path) => collect(body, path, &Arc::new(Value::Null), &mut found)?,
    }
    let mut item = |(payload, parent): (Arc<Value>, Arc<Value>)| {
        budget.go_on()?;
        let kind = kind(settings, &payload, &parent, request);
        let named = Value::from(kind.as_deref().unwrap_or_default());
        let dedup_id = id(settings, &payload, &parent, &named, request);
        budget.spend(dedup_id.len() + kind.as_ref().map_or(0, String::len))?;
        Ok(Item { dedup_id, event_type_hint: kind, payload, parent })
    };
    let mut items = found.into_iter().map(&mut item).collect::<Result<Vec<_>, Reason>>()?;
    tell_apart(&mut items);
    Ok(items)
}

/// An id that is the request's and not the item's must not make one event of several: from the second on, what an item holds
/// is part of its id. Items that hold the same are the same.
fn tell_apart(items: &mut [Item]) {
    let mut known = HashSet::new();
    for item in items {
        if !known.insert(item.dedup_id.clone()) {
            item.dedup_id = hash([&Value::from(item.dedup_id.as_str()), &item.payload]);
        }
    }
}

/// Walks down a path. Where `*` meets no list, the one thing there is the only item: XML does not tell these apart.
fn collect(
    value: Value,
    path: &[Box<str>],
    parent: &Arc<Value>,
    found: &mut Vec<(Arc<Value>, Arc<Value>)>,
) -> Result<(), Reason> {
    match (path, value) {
        ([], value) => {
            if found.len() == MAX_ITEMS {
                return Err(Reason::Batch);
            }
            found.push((Arc::new(value), Arc::clone(parent)));
            Ok(())
        }
        ([star, rest @ ..], Value::Array(items)) if **star == *"*" => {
            items.into_iter().try_for_each(|item| collect(item, rest, parent, found))
        }
        ([star, rest @ ..], value) if **star == *"*" => collect(value, rest, parent, found),
        ([key, rest @ ..], Value::Object(mut members)) => match members.remove(&**key) {
            Some(inner) => collect(inner, rest, &Arc::new(Value::Object(members)), found),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn kind(settings: &SourceSettings, payload: &Value, parent: &Value, request: &Request) -> Option<String> {
    let [payload, headers, query, now] = request.scope(payload);
    let scope = [payload, headers, query, now, ("parent", parent)];
    let form = settings.intake.kind.as_ref()?;
    form.text(&scope).ok().flatten()
}

/// The provider's id; of several values, or of one too long, their hash. Without any, the hash of the item and of the span
/// of the deduplication window in which it came: what is sent again soon is the same, and what is sent next month is another.
fn id(settings: &SourceSettings, payload: &Value, parent: &Value, kind: &Value, request: &Request) -> String {
    let [item, headers, query, now] = request.scope(payload);
    let scope = [item, headers, query, now, ("parent", parent), ("kind", kind)];
    let value = |form: &Form| form.fill(&scope).ok().flatten();
    let values: Vec<_> = settings.intake.id.iter().map(value).collect();
    match values.as_slice() {
        [Some(Value::String(id))] if is_plain(id) => id.clone(),
        [Some(Value::Number(id))] => id.to_string(),
        values if values.iter().any(Option::is_some) => {
            hash(values.iter().map(|value| value.as_ref().unwrap_or(&Value::Null)))
        }
        _ => hash([payload, &span(settings.dedup_window, request)]),
    }
}

fn span(window: Duration, request: &Request) -> Value {
    let seconds = i64::try_from(window.as_secs()).unwrap_or(i64::MAX).max(1);
    request.now.timestamp().div_euclid(seconds).into()
}

fn is_plain(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic())
}

/// The hash of values, each as canonical JSON: members of objects are sorted.
fn hash<'v>(values: impl IntoIterator<Item = &'v Value>) -> String {
    let mut hash = Sha256::new();
    for value in values {
        let text = sorted(value).to_string();
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    let mut id = BASE32_NOPAD.encode(&hash.finalize()[..HASH_BYTES]);
    id.make_ascii_lowercase();
    id
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}
