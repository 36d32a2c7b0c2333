//! What is wrong with a file: all of it, each at its place.

use std::fmt;

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

/// One thing wrong with a file, and what to do about it. Never holds a secret or a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the text, if known.
    pub place: Option<Place>,
    /// Where in the structure: `subscriptions[0].delivery.retry`. Empty for the file as a whole.
    pub path: String,
    /// What is wrong and what to do, in lower case and without a full stop.
    pub message: String,
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

/// Everything wrong with a file, in its order. Prints one problem a line.
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

    pub(super) fn add(&mut self, problem: Problem) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    /// The value, or nothing after the problem is added.
    pub(super) fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// `value`, if there are no problems.
    pub(super) fn none_or<T>(self, value: T) -> Result<T, Self> {
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
        Problem { place: Some(Place { line, column: 5 }), path: "a.b".into(), message: "is wrong".into() }
    }

    #[test]
    fn prints_one_problem_a_line() {
        let mut problems = Problems::default();
        problems.add(problem(1));
        problems.add(Problem { place: None, path: String::new(), message: "is empty".into() });
        assert_eq!(problems.to_string(), "line 1, column 5: a.b: is wrong\nis empty");
    }

    #[test]
    fn counts_what_it_does_not_list() {
        let mut problems = Problems::default();
        (1..=102).for_each(|line| problems.add(problem(line)));
        assert_eq!((problems.listed().len(), problems.unlisted()), (100, 2));
        assert!(problems.to_string().ends_with("\nand 2 more"));
    }
}
