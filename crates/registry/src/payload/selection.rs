//! Which parts of the data a subscriber gets, and which of them hidden: `fields`, then `exclude`, then `redact`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Path, Redaction};
use crate::id::SubscriptionId;

/// The most paths in each of `fields`, `exclude` and `redact`.
pub const MAX_PATHS: usize = 100;

/// Parts of the data. The default is everything as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    fields: Box<[Path]>,
    exclude: Box<[Path]>,
    redact: BTreeMap<Path, Redaction>,
    /// `fields` by their keys.
    included: Tree,
}

/// More than [`MAX_PATHS`] of one kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has {0} paths: give at most {MAX_PATHS}")]
pub struct InvalidSelection(usize);

/// What is included under a key: everything, or these keys of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tree {
    everything: bool,
    keys: BTreeMap<Box<str>, Tree>,
}

impl Selection {
    /// Only `fields` (everything, if there are none), without `exclude`, and with `redact` hidden.
    pub fn new(
        fields: Vec<Path>,
        exclude: Vec<Path>,
        redact: BTreeMap<Path, Redaction>,
    ) -> Result<Self, InvalidSelection> {
        for count in [fields.len(), exclude.len(), redact.len()] {
            if count > MAX_PATHS {
                return Err(InvalidSelection(count));
            }
        }
        let included = Tree::of(&fields);
        Ok(Self { fields: fields.into(), exclude: exclude.into(), redact, included })
    }

    /// What is included; nothing means everything.
    pub fn fields(&self) -> &[Path] {
        &self.fields
    }

    /// What is left out.
    pub fn exclude(&self) -> &[Path] {
        &self.exclude
    }

    /// What is hidden, and how.
    pub fn redact(&self) -> &BTreeMap<Path, Redaction> {
        &self.redact
    }

    /// Whether all of the data stays as it is.
    pub fn is_everything(&self) -> bool {
        self.fields.is_empty() && self.exclude.is_empty() && self.redact.is_empty()
    }

    pub(super) fn hashes(&self) -> bool {
        self.redact.values().any(|redaction| *redaction == Redaction::Hash)
    }

    /// These parts of the data. Data that is no object or list of objects has no fields to choose.
    pub(crate) fn apply(&self, mut data: Value, id: &SubscriptionId) -> Value {
        if !self.fields.is_empty() {
            data = self.included.pick(data).unwrap_or(Value::Null);
        }
        for path in &self.exclude {
            at_end(&mut data, path.keys(), &mut |members, key| _ = members.remove(key));
        }
        for (path, redaction) in &self.redact {
            at_end(&mut data, path.keys(), &mut |members, key| {
                if let Some(value) = members.get_mut(key) {
                    redaction.hide(value, id);
                }
            });
        }
        data
    }
}

impl Tree {
    fn of(paths: &[Path]) -> Self {
        let mut root = Self::default();
        for path in paths {
            let leaf = path.keys().fold(&mut root, |tree, key| tree.keys.entry(key.into()).or_default());
            leaf.everything = true;
        }
        root
    }

    /// What is included of a value: objects keep their place, even if none of their keys is wanted.
    fn pick(&self, value: Value) -> Option<Value> {
        if self.everything {
            return Some(value);
        }
        match value {
            Value::Object(members) => {
                let pick = |(key, value): (String, Value)| {
                    let value = self.keys.get(key.as_str())?.pick(value)?;
                    Some((key, value))
                };
                Some(Value::Object(members.into_iter().filter_map(pick).collect()))
            }
            Value::Array(items) => Some(items.into_iter().filter_map(|item| self.pick(item)).collect()),
            _ => None,
        }
    }
}

/// Goes down `keys`, through each item of a list, and calls `act` with every object that may have the last key.
fn at_end<'k>(
    value: &mut Value,
    mut keys: impl Iterator<Item = &'k str> + Clone,
    act: &mut impl FnMut(&mut Map<String, Value>, &str),
) {
    match value {
        Value::Array(items) => {
            for item in items {
                at_end(item, keys.clone(), act);
            }
        }
        Value::Object(members) => {
            let Some(key) = keys.next() else { return };
            if keys.clone().next().is_none() {
                act(members, key);
            } else if let Some(member) = members.get_mut(key) {
                at_end(member, keys, act);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
