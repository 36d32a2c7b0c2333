//! A walk over the tree of a file that knows where it is: each step gives a typed value or the problem to report.

use std::{error::Error, fmt::Write as _, str::FromStr, time::Duration};

use super::{
    problem::{Problem, Problems},
    yaml::{Node, Value},
};

/// A node and the path that led to it.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'y> {
    node: &'y Node,
    path: String,
}

/// The keys a mapping may have.
pub(super) struct Keys {
    /// Those this version reads.
    pub(super) known: &'static [&'static str],
    /// Those that are part of the format and not supported by this version.
    pub(super) unsupported: &'static [&'static str],
}

/// The values of a mapping by key.
pub(super) struct Fields<'y> {
    whole: Cursor<'y>,
    values: Vec<(&'y str, Cursor<'y>)>,
}

impl<'y> Cursor<'y> {
    pub(super) fn root(node: &'y Node) -> Self {
        Self { node, path: String::new() }
    }

    /// The path that led here.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A problem with this node.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { place: self.node.place, path: self.path.clone(), message: message.into() }
    }

    /// What was made of this node, or a problem with it that says why nothing could be.
    pub(super) fn check<T, E: Error>(&self, made: Result<T, E>) -> Result<T, Problem> {
        made.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &dyn Error) -> Problem {
        let mut message = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            // Writing to a string cannot fail.
            let _infallible = write!(message, ": {source}");
            next = source.source();
        }
        self.problem(message)
    }

    fn expected(&self, what: &str) -> Problem {
        self.problem(format!("is {}: give {what}", self.node.value.kind()))
    }

    pub(super) fn text(&self) -> Result<&'y str, Problem> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            Value::Number(_) | Value::Other(_) => Err(self.expected("text, in quotes")),
            Value::List(_) | Value::Mapping(_) => Err(self.expected("text")),
        }
    }

    pub(super) fn parse<T: FromStr<Err: Error>>(&self) -> Result<T, Problem> {
        self.check(self.text()?.parse())
    }

    pub(super) fn duration(&self) -> Result<Duration, Problem> {
        let wrong = || self.expected("a duration such as 15s, 5m or 2h");
        match &self.node.value {
            Value::Text(text) => humantime::parse_duration(text).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }

    pub(super) fn number(&self) -> Result<u64, Problem> {
        match self.node.value {
            Value::Number(number) => Ok(number),
            _ => Err(self.expected("a whole number")),
        }
    }

    /// The items of a list of at most `limit`.
    pub(super) fn items(&self, limit: usize) -> Result<Vec<Self>, Problem> {
        let Value::List(list) = &self.node.value else {
            return Err(self.expected("a list"));
        };
        if list.len() > limit {
            return Err(self.problem(format!("has {} items: give at most {limit}", list.len())));
        }
        let item = |(index, node)| Self { node, path: format!("{}[{index}]", self.path) };
        Ok(list.iter().enumerate().map(item).collect())
    }

    /// The values of a mapping. Every key that may not be there, or is there twice, is a problem; the others are kept.
    pub(super) fn fields(&self, keys: &Keys, problems: &mut Problems) -> Option<Fields<'y>> {
        let Value::Mapping(mapping) = &self.node.value else {
            problems.add(self.expected(&format!("a mapping with {}", keys.known.join(", "))));
            return None;
        };
        let mut fields = Fields { whole: self.clone(), values: Vec::with_capacity(mapping.len()) };
        for (key, node) in mapping {
            let Value::Text(name) = &key.value else {
                problems.add(Self { node: key, path: self.path.clone() }.expected("text as the key"));
                continue;
            };
            let path = self.path_to(name);
            if fields.get(name).is_some() {
                problems.add(Self { node: key, path }.problem("is there twice: remove one"));
            } else if keys.known.contains(&name.as_str()) {
                fields.values.push((name, Self { node, path }));
            } else if keys.unsupported.contains(&name.as_str()) {
                problems.add(Self { node: key, path }.problem("is not supported by this version of barid: remove it"));
            } else {
                let message = format!("is no key of this format: use {}", keys.known.join(", "));
                problems.add(Self { node: key, path }.problem(message));
            }
        }
        Some(fields)
    }

    fn path_to(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'y> Fields<'y> {
    pub(super) fn get(&self, key: &str) -> Option<&Cursor<'y>> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value of a key that must be there.
    pub(super) fn require(&self, key: &str) -> Result<&Cursor<'y>, Problem> {
        self.get(key).ok_or_else(|| self.missing(key, "add it"))
    }

    /// The problem that a key is missing, and what to do.
    pub(super) fn missing(&self, key: &str, advice: &str) -> Problem {
        let whole = &self.whole;
        Problem { path: whole.path_to(key), ..whole.problem(format!("is missing: {advice}")) }
    }
}
