//! A walk over the tree of a file or a document that knows where it is: each step gives a typed value or the problem to report.

use std::{error::Error, fmt::Write as _, str::FromStr, time::Duration};

use crate::{
    problem::{self, Place, Problem, Problems, Step},
    tree::{Node, Value},
};

/// A node and the path that led to it.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'y> {
    node: &'y Node,
    steps: Vec<Step<'y>>,
}

/// The keys a mapping may have.
pub(crate) struct Keys {
    /// Those this version reads.
    pub(crate) known: &'static [&'static str],
    /// Those that are part of the format and not supported by this version.
    pub(crate) unsupported: &'static [&'static str],
}

/// The values of a mapping by key.
pub(crate) struct Fields<'y> {
    whole: Cursor<'y>,
    values: Vec<(&'y str, Cursor<'y>)>,
}

impl<'y> Cursor<'y> {
    pub(crate) fn root(node: &'y Node) -> Self {
        Self { node, steps: Vec::new() }
    }

    fn step(&self, step: Step<'y>, node: &'y Node) -> Self {
        let mut steps = Vec::with_capacity(self.steps.len() + 1);
        steps.extend_from_slice(&self.steps);
        steps.push(step);
        Self { node, steps }
    }

    /// The path that led here, as people read it.
    pub(crate) fn path(&self) -> String {
        problem::path(&self.steps)
    }

    /// What is there.
    pub(crate) fn node(&self) -> &'y Node {
        self.node
    }

    /// Where it stands in the text, if it comes from one.
    pub(crate) fn place(&self) -> Option<Place> {
        self.node.place
    }

    /// The value as JSON, whatever it is.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Problem> {
        self.node.json().map_err(|message| self.problem(message))
    }

    /// A problem with what is in this node at a JSON pointer.
    pub(crate) fn problem_at(&self, pointer: &str, message: impl Into<String>) -> Problem {
        self.problem(message).under(pointer)
    }

    /// A problem with this node.
    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.node.place, &self.steps, message)
    }

    /// What was made of this node, or a problem with it that says why nothing could be.
    pub(crate) fn check<T, E: Error>(&self, made: Result<T, E>) -> Result<T, Problem> {
        made.map_err(|error| self.refused(&error))
    }

    /// The problem that a key of this mapping, or one in it, is missing, and what to do.
    pub(crate) fn missing(&self, keys: &[&'static str], advice: &str) -> Problem {
        self.absent(keys, format!("is missing: {advice}"))
    }

    fn absent(&self, keys: &[&'static str], message: impl Into<String>) -> Problem {
        let steps: Vec<_> = self.steps.iter().copied().chain(keys.iter().copied().map(Step::Key)).collect();
        Problem::new(self.node.place, &steps, message)
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

    /// Whether it is text.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.node.value, Value::Text(_))
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    pub(crate) fn text(&self) -> Result<&'y str, Problem> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            Value::List(_) | Value::Mapping(_) => Err(self.expected("text")),
            _ => Err(self.expected("text, in quotes")),
        }
    }

    /// Text of at most `limit` bytes, which may have several lines but no other control characters.
    pub(crate) fn prose(&self, limit: usize) -> Result<String, Problem> {
        let text = self.text()?;
        if text.len() > limit {
            return Err(self.problem(format!("has {} bytes: give at most {limit}", text.len())));
        }
        if text.contains(|c: char| c.is_control() && c != '\n') {
            return Err(self.problem("holds a control character: remove it"));
        }
        Ok(text.to_owned())
    }

    /// Text of one line and at most `limit` bytes.
    pub(crate) fn line(&self, limit: usize) -> Result<String, Problem> {
        let text = self.prose(limit)?;
        if text.contains('\n') { Err(self.problem("has several lines: give one")) } else { Ok(text) }
    }

    pub(crate) fn parse<T: FromStr<Err: Error>>(&self) -> Result<T, Problem> {
        self.check(self.text()?.parse())
    }

    /// Which of these names it is.
    pub(crate) fn one_of<T: Copy>(&self, all: &[(&str, T)]) -> Result<T, Problem> {
        let text = self.text()?;
        let found = all.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            self.problem(format!("is unknown: use {}", names.join(", ")))
        })
    }

    pub(crate) fn duration(&self) -> Result<Duration, Problem> {
        let wrong = || self.expected("a duration such as 15s, 5m or 2h");
        match &self.node.value {
            Value::Text(text) => humantime::parse_duration(text).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn number(&self) -> Result<u64, Problem> {
        match &self.node.value {
            Value::Number(number) => number.as_u64(),
            _ => None,
        }
        .ok_or_else(|| self.expected("a whole number"))
    }

    /// The items of a list of at most `limit`.
    pub(crate) fn items(&self, limit: usize) -> Result<Vec<Self>, Problem> {
        let Value::List(list) = &self.node.value else {
            return Err(self.expected("a list"));
        };
        if list.len() > limit {
            return Err(self.problem(format!("has {} items: give at most {limit}", list.len())));
        }
        let item = |(index, node)| self.step(Step::Item(index), node);
        Ok(list.iter().enumerate().map(item).collect())
    }

    /// The keys and values of a mapping of at most `limit`, whatever the keys are.
    pub(crate) fn members(&self, limit: usize) -> Result<Vec<(&'y str, Self)>, Problem> {
        let Value::Mapping(mapping) = &self.node.value else {
            return Err(self.expected("a mapping"));
        };
        if mapping.len() > limit {
            return Err(self.problem(format!("has {} keys: give at most {limit}", mapping.len())));
        }
        let mut members: Vec<(&str, Self)> = Vec::with_capacity(mapping.len());
        for (key, node) in mapping {
            let Value::Text(name) = &key.value else {
                return Err(Self { node: key, steps: self.steps.clone() }.expected("text as the key"));
            };
            let at = self.step(Step::Key(name), node);
            if members.iter().any(|(known, _)| known == name) {
                return Err(at.problem("is there twice: remove one"));
            }
            members.push((name, at));
        }
        Ok(members)
    }

    /// The values of a mapping. Every key that may not be there, or is there twice, is a problem; the others are kept.
    pub(crate) fn fields(&self, keys: &Keys, problems: &mut Problems) -> Option<Fields<'y>> {
        let Value::Mapping(mapping) = &self.node.value else {
            problems.add(self.expected(&format!("a mapping with {}", keys.known.join(", "))));
            return None;
        };
        let mut fields = Fields { whole: self.clone(), values: Vec::with_capacity(mapping.len()) };
        for (key, node) in mapping {
            let Value::Text(name) = &key.value else {
                problems.add(Self { node: key, steps: self.steps.clone() }.expected("text as the key"));
                continue;
            };
            let at = self.step(Step::Key(name), key);
            if fields.get(name).is_some() {
                problems.add(at.problem("is there twice: remove one"));
            } else if keys.known.contains(&name.as_str()) {
                fields.values.push((name, Self { node, ..at }));
            } else if keys.unsupported.contains(&name.as_str()) {
                problems.add(at.problem("is not supported by this version of barid: remove it"));
            } else {
                let message = format!("is no key of this format: use {}", keys.known.join(", "));
                problems.add(at.problem(message));
            }
        }
        Some(fields)
    }
}

impl<'y> Fields<'y> {
    pub(crate) fn get(&self, key: &str) -> Option<&Cursor<'y>> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value of a key that must be there.
    pub(crate) fn require(&self, key: &'static str) -> Result<&Cursor<'y>, Problem> {
        self.get(key).ok_or_else(|| self.missing(&[key], "add it"))
    }

    /// The problem that a key, or one in it, is missing, and what to do.
    pub(crate) fn missing(&self, keys: &[&'static str], advice: &str) -> Problem {
        self.whole.missing(keys, advice)
    }

    /// A problem with the value of a key, whether it is there or not.
    pub(crate) fn faulty(&self, key: &'static str, message: impl Into<String>) -> Problem {
        match self.get(key) {
            Some(at) => at.problem(message),
            None => self.whole.absent(&[key], message),
        }
    }

    /// What `read` makes of the value of a key, or nothing if the key is not there or its value is refused.
    pub(crate) fn optional<T>(
        &self,
        key: &str,
        problems: &mut Problems,
        read: impl FnOnce(&Cursor<'y>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.get(key).and_then(|at| problems.keep(read(at)))
    }
}

/// Every item of a list, or a problem for each that cannot be read.
pub(crate) fn all<'y, T>(
    at: &Cursor<'y>,
    limit: usize,
    read: impl Fn(&Cursor<'y>) -> Result<T, Problem>,
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let items = problems.keep(at.items(limit))?;
    // Counts to the end instead of stopping at the first that is missing.
    let read: Vec<_> = items.iter().map(|item| problems.keep(read(item))).collect();
    read.into_iter().collect()
}
