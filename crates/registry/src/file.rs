//! Subscriptions as a file of YAML or JSON: read whole or refused whole, and then with all its problems at once, each with
//! its line, its path and what to do. A key that this version cannot honour is a problem, never ignored.

mod manifest;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, hash_map::Entry};

pub use self::manifest::{Draft, MAX_EVENT_TYPES, MAX_SOURCES, MAX_TENANTS, Manifest, SourceDraft, parse_manifest};
pub use crate::problem::{MAX_LISTED, Place, Problem, Problems};
use crate::{
    cursor::{Cursor, Keys},
    document::{self, Consents, Reading},
    id::SubscriptionId,
    name::Name,
    settings::Settings,
    tree::{self, Node},
};

/// The largest file, in bytes: 16 MiB.
pub const MAX_BYTES: usize = 16 << 20;
/// The most subscriptions in a file.
pub const MAX_SUBSCRIPTIONS: usize = 50_000;

const FILE: Keys = Keys { known: &["subscriptions"], unsupported: &[] };

/// The subscriptions that `text` describes, in its order; or everything that is wrong with it.
///
/// With `allow_http`, destinations may be http as well as https (`security.allow_http`).
pub fn parse(text: &str, allow_http: bool) -> Result<Vec<Settings>, Problems> {
    let root = tree(text)?;
    let reading = Reading { allow_http, consents: Consents::Impossible, ..Reading::default() };
    let mut problems = Problems::default();
    let items = Cursor::root(&root).fields(&FILE, &mut problems).and_then(|fields| {
        let items = fields.require("subscriptions").and_then(|list| list.items(MAX_SUBSCRIPTIONS));
        problems.keep(items)
    });
    let mut twice = Twice::default();
    let mut read = Vec::new();
    for at in items.unwrap_or_default() {
        if let Some(settings) = document::settings(&at, &reading, &mut problems) {
            twice.look(settings.id(), &settings.name, &at, &mut problems);
            read.push(settings);
        }
    }
    problems.none_or(read)
}

/// A file as it is, unchecked: one value.
pub fn read(text: &str) -> Result<serde_json::Value, Problems> {
    tree(text)?.json().map_err(|message| Problem::whole(message).into())
}

/// A value as YAML, to be edited and given back.
pub fn write(value: &serde_json::Value) -> String {
    // What cannot be written as YAML can be as JSON, which is YAML too.
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// The tree of a file.
fn tree(text: &str) -> Result<Node, Problems> {
    if text.len() > MAX_BYTES {
        let message = format!("has {} bytes: give at most {MAX_BYTES}, or keep subscriptions in a store", text.len());
        return Err(Problem::whole(message).into());
    }
    if text.trim().is_empty() {
        // It may be cut off: reading it as "no subscriptions" would stop every delivery.
        return Err(Problem::whole("is empty: for no subscriptions write subscriptions: []").into());
    }
    tree::read(text).map_err(Problems::from)
}

/// Finds subscriptions that are there twice.
#[derive(Default)]
struct Twice<'y>(HashMap<SubscriptionId, Cursor<'y>>);

impl<'y> Twice<'y> {
    fn look(&mut self, id: SubscriptionId, name: &Name, at: &Cursor<'y>, problems: &mut Problems) {
        match self.0.entry(id) {
            Entry::Vacant(entry) => _ = entry.insert(at.clone()),
            Entry::Occupied(first) => problems.add(
                at.problem(format!("has the name {name} as {} has in the same tenant: rename one", first.get().path())),
            ),
        }
    }
}
