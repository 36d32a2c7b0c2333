//! What is wrong with a configuration: every problem, each with its key and where it was given.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use super::origin::Origins;

/// Everything wrong with a configuration. Prints one problem a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems(Vec<Problem>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    key: String,
    message: String,
    /// Which file, variable or flag gave it, if one did.
    source: Option<String>,
}

impl Problems {
    /// The value of `key` is not as it must be. `message` says how, and what to do.
    pub(super) fn add(&mut self, key: &str, message: String) {
        self.0.push(Problem { key: key.to_owned(), message, source: None });
    }

    /// The same, given by a known source.
    pub(super) fn add_from(&mut self, source: String, key: &str, message: String) {
        self.0.push(Problem { key: key.to_owned(), message, source: Some(source) });
    }

    /// Checks a bound.
    pub(super) fn within<T: Copy + PartialOrd + Display>(&mut self, key: &str, value: T, range: RangeInclusive<T>) {
        if !range.contains(&value) {
            self.add(key, format!("is {value}: give {} to {}", range.start(), range.end()));
        }
    }

    /// `value`, if there are no problems; otherwise they learn where their keys were given.
    pub(super) fn none_or<T>(mut self, value: T, origins: &Origins) -> Result<T, Self> {
        if self.0.is_empty() {
            return Ok(value);
        }
        for problem in &mut self.0 {
            problem.source = problem.source.take().or_else(|| origins.given_by(&problem.key));
        }
        Err(self)
    }
}

impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { key, message, source }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if let Some(source) = source {
                write!(f, "{source}: ")?;
            }
            write!(f, "{key} {message}")?;
        }
        Ok(())
    }
}
