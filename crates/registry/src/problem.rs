//! What is wrong with a file or a document: all of it, each at its place.

use std::fmt::{self, Write as _};

/// The most problems that are listed; more are only counted.
pub const MAX_LISTED: usize = 100;

/// A place in a text. Both count from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column in it.
    pub column: u64,
}

/// A step from a value to one in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'y> {
    /// To the value of a key.
    Key(&'y str),
    /// To an item of a list.
    Item(usize),
}

/// One thing wrong with a file or a document, and what to do about it. Never holds a secret or a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the text, if known.
    pub place: Option<Place>,
    /// Where in the structure: `subscriptions[0].delivery.retry`. Empty for the whole.
    pub path: String,
    /// What is wrong and what to do, in lower case and without a full stop.
    pub message: String,
    pointer: String,
}

impl Problem {
    pub(crate) fn new(place: Option<Place>, steps: &[Step<'_>], message: impl Into<String>) -> Self {
        Self { place, path: path(steps), message: message.into(), pointer: pointer(steps) }
    }

    /// A problem with the whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self::new(None, &[], message)
    }

    /// The same problem with what is at a JSON pointer in its value.
    pub(crate) fn under(mut self, pointer: &str) -> Self {
        for key in pointer.split('/').skip(1) {
            let key = key.replace("~1", "/").replace("~0", "~");
            let dot = if self.path.is_empty() { "" } else { "." };
            self.path = format!("{}{dot}{key}", self.path);
        }
        self.pointer += pointer;
        self
    }

    /// Where in the structure, as a JSON pointer (RFC 6901): `/subscriptions/0/delivery/retry`. Empty for the whole.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// The way as people read it.
pub(crate) fn path(steps: &[Step<'_>]) -> String {
    let mut path = String::new();
    for step in steps {
        // Writing to a string cannot fail.
        let _infallible = match step {
            Step::Key(key) if path.is_empty() => write!(path, "{key}"),
            Step::Key(key) => write!(path, ".{key}"),
            Step::Item(index) => write!(path, "[{index}]"),
        };
    }
    path
}

fn pointer(steps: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        match step {
            Step::Key(key) => pointer.push_str(&escaped(key)),
            Step::Item(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

/// A key as a JSON pointer spells it.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { line, column }) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything wrong with a file or a document, in its order. Prints one problem a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Problems {
    /// The problems, the first [`MAX_LISTED`] of them.
    pub fn listed(&self) -> &[Problem] {
        &self.listed
    }

    /// How many problems there are beyond those listed.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    pub(crate) fn add(&mut self, problem: Problem) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    /// The value, or nothing after the problem is added.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// `value`, if there are no problems.
    pub(crate) fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.listed.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { listed: vec![problem], unlisted: 0 }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.listed.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        if self.unlisted > 0 {
            write!(f, "\nand {} more", self.unlisted)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u64) -> Problem {
        Problem::new(Some(Place { line, column: 5 }), &[Step::Key("a"), Step::Key("b")], "is wrong")
    }

    #[test]
    fn prints_one_problem_a_line() {
        let mut problems = Problems::default();
        problems.add(problem(1));
        problems.add(Problem::whole("is empty"));
        assert_eq!(problems.to_string(), "line 1, column 5: a.b: is wrong\nis empty");
    }

    #[test]
    fn points_at_its_value_for_machines() {
        let problem = Problem::new(None, &[Step::Key("a"), Step::Item(2), Step::Key("b/c~d")], "is wrong");
        assert_eq!((problem.path.as_str(), problem.pointer()), ("a[2].b/c~d", "/a/2/b~1c~0d"));
        assert_eq!(Problem::whole("is empty").pointer(), "");
    }

    #[test]
    fn counts_what_it_does_not_list() {
        let mut problems = Problems::default();
        (1..=102).for_each(|line| problems.add(problem(line)));
        assert_eq!((problems.listed().len(), problems.unlisted()), (100, 2));
        assert!(problems.to_string().ends_with("\nand 2 more"));
    }
}
