//! The sources of settings, one by one: each is read whole and refused if it holds a key that does not exist.

use std::collections::{BTreeMap, HashMap};

use config::{ConfigError, Environment, File, FileFormat, Map, Source, Value, ValueKind};

use super::origin::{Origin, Origins, variable};
use super::problem::Problems;

/// The reference of all settings, and their defaults.
pub(crate) const DEFAULT: &str = include_str!("default.toml");

/// What our variables begin with.
pub(super) const PREFIX: &str = "BARID_";

/// What stands between a section and its key in a variable.
const SEPARATOR: &str = "__";

/// One source, and the settings it gives.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) origin: Origin,
    /// As nested tables, or with dotted keys: the `config` crate merges both.
    pub(super) values: Map<String, Value>,
}

impl Layer {
    /// Settings in TOML.
    pub(super) fn toml(origin: Origin, text: &str) -> Result<Self, ConfigError> {
        let values = File::from_str(text, FileFormat::Toml).collect()?;
        Ok(Self { origin, values })
    }

    /// Settings in variables. Those of other tools that begin alike are left alone: a variable is ours if it names a
    /// section and a key, or a setting outside all sections.
    pub(super) fn environment(variables: &HashMap<String, String>, known: &Known) -> Result<Self, ConfigError> {
        let is_ours = |name: &str| {
            name.starts_with(PREFIX) && (name.contains(SEPARATOR) || known.top_level().any(|key| variable(key) == name))
        };
        let ours =
            variables.iter().filter(|(name, _)| is_ours(name)).map(|(name, value)| (name.clone(), value.clone()));
        // No guessing of types: it would turn the password "0123" into a number. Numbers are read where one is wanted.
        let source = Environment::with_prefix(PREFIX.trim_end_matches('_'))
            .prefix_separator("_")
            .separator(SEPARATOR)
            .source(Some(ours.collect()));
        Ok(Self { origin: Origin::Environment, values: source.collect()? })
    }

    /// Settings of the command line, keys and values.
    pub(super) fn command_line(settings: &[(String, String)]) -> Self {
        let values = settings.iter().map(|(key, value)| (key.clone(), Value::from(value.clone())));
        Self { origin: Origin::CommandLine, values: values.collect() }
    }

    /// Notes the origin of every key in it, and the keys that do not exist.
    pub(super) fn note(&self, known: &Known, origins: &mut Origins, problems: &mut Problems) {
        for (key, shape) in flatten(&self.values) {
            if let Some(message) = known.refuse(&key, shape) {
                let source = self.origin.name(&key).unwrap_or_default();
                problems.add_from(source, &key, message);
            }
            origins.set(key, self.origin.clone());
        }
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.clone())
    }
}

/// Variables that look like a setting with one underscore too few, and what they should be called.
pub(super) fn misspelt(variables: &HashMap<String, String>, known: &Known) -> Problems {
    let mut problems = Problems::default();
    let sorted: BTreeMap<_, _> = variables.iter().filter(|(name, _)| !name.contains(SEPARATOR)).collect();
    for name in sorted.keys() {
        let right = known.keys().map(variable).find(|right| right.replacen(SEPARATOR, "_", 1) == **name);
        if let Some(right) = right.filter(|right| right != *name) {
            problems.add(name, format!("is no setting: did you mean {right}, with two underscores?"));
        }
    }
    problems
}

/// What stands at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Leaf,
    EmptyTable,
}

/// All keys there are.
pub(super) struct Known(BTreeMap<String, Shape>);

impl Known {
    /// The keys of the defaults. An empty table there takes any key.
    pub(super) fn of(defaults: &Layer) -> Self {
        Self(flatten(&defaults.values).collect())
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn top_level(&self) -> impl Iterator<Item = &str> {
        self.keys().filter(|key| !key.contains('.'))
    }

    /// Why a key cannot be given, or nothing.
    fn refuse(&self, key: &str, shape: Shape) -> Option<String> {
        let is_free = |table: &str| {
            self.0.get(table) == Some(&Shape::EmptyTable)
                && key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
        };
        if self.0.contains_key(key) || self.keys().any(is_free) {
            return None;
        }
        let inside = format!("{key}.");
        if self.keys().any(|known| known.starts_with(&inside)) {
            return (shape == Shape::Leaf).then(|| "is a section: give the settings in it".to_owned());
        }
        let section = key.rsplit_once('.').map_or("", |(section, _)| section);
        let siblings: Vec<_> = self
            .keys()
            .filter(|known| known.rsplit_once('.').map_or("", |(section, _)| section) == section)
            .map(|known| known.rsplit_once('.').map_or(known, |(_, name)| name))
            .collect();
        Some(if section.is_empty() || siblings.is_empty() {
            "is no setting: see `barid config --default`".to_owned()
        } else {
            format!("is no setting: {section} has {}", siblings.join(", "))
        })
    }
}

/// Every key with a value, dotted.
fn flatten(values: &Map<String, Value>) -> impl Iterator<Item = (String, Shape)> {
    fn walk(path: &str, value: &Value, found: &mut Vec<(String, Shape)>) {
        match &value.kind {
            ValueKind::Table(table) if table.is_empty() => found.push((path.to_owned(), Shape::EmptyTable)),
            ValueKind::Table(table) => {
                for (key, value) in table {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            _ => found.push((path.to_owned(), Shape::Leaf)),
        }
    }
    let mut found = Vec::new();
    for (key, value) in values {
        walk(key, value, &mut found);
    }
    found.into_iter()
}
