//! Which of the events that match its patterns a subscription gets: an expression in the Common Expression Language (CEL)
//! over an event's envelope and data.
//!
//! The crate that evaluates has no budget of its own, so that everything that costs is bounded here: when an expression is
//! compiled, by its length, depth and functions; when it is evaluated, by the longest list and text it may look at.

mod check;
mod facts;
pub(crate) mod functions;
pub(crate) mod json;
mod path;
mod values;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use cel::{
    Context, Value,
    common::types::CelBool,
    parser::{Expression, Parser},
};
use regex::Regex;

pub(crate) use self::{check::Rules, facts::PATTERN, path::Path};
pub use self::{
    facts::Facts,
    values::{MAX_VALUE, MAX_VALUES, Seen, SeenValue},
};

/// The longest expression, in bytes: 4 KiB.
pub const MAX_FILTER_BYTES: usize = 4 << 10;

/// The deepest an expression is nested, in brackets and in operators.
pub const MAX_FILTER_DEPTH: usize = 32;

/// The most operators, names and values in an expression.
pub const MAX_FILTER_NODES: usize = 500;

/// The most regular expressions in an expression.
pub const MAX_PATTERNS_IN_FILTER: usize = 10;

/// The largest regular expression, compiled, in bytes: 64 KiB.
pub const MAX_REGEX_BYTES: usize = 64 << 10;

/// The longest list, and the largest object to be walked, that an expression may look at.
pub const MAX_FILTER_LIST: usize = 1000;

/// The longest text of an event that an expression may look at, in bytes: 16 KiB.
pub const MAX_FILTER_TEXT: usize = 16 << 10;

/// An evaluation that takes longer is slow.
pub const SLOW_FILTER: Duration = Duration::from_millis(5);

/// Slow evaluations in a row after which a router switches a filter off. In a row, since a machine that pauses makes any
/// filter slow once.
pub const SLOW_FILTER_STRIKES: u8 = 3;

/// A compiled expression that says which events are wanted. Cheap to clone.
#[derive(Clone)]
pub struct Filter(Arc<Compiled>);

struct Compiled {
    source: Box<str>,
    expression: Expression,
    patterns: Box<[Regex]>,
}

/// What a filter says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Match,
    /// It is not wanted.
    NoMatch,
    /// The expression cannot be evaluated on it, which counts as not wanted. The text may quote the event's data: it is for
    /// the subscription's owner, never for a log.
    Error(String),
}

/// Why an expression is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    /// Nothing to evaluate.
    #[error("filter is empty: give an expression, or leave filter out")]
    Empty,
    /// Longer than [`MAX_FILTER_BYTES`].
    #[error("filter has {0} bytes: give at most {MAX_FILTER_BYTES}")]
    Long(usize),
    /// Deeper than [`MAX_FILTER_DEPTH`].
    #[error("filter is nested too deeply: nest at most {MAX_FILTER_DEPTH} brackets and operators")]
    Deep,
    /// More than [`MAX_FILTER_NODES`].
    #[error("filter is too large: use at most {MAX_FILTER_NODES} operators, names and values")]
    Large,
    /// The text is no expression.
    #[error("filter is no expression at line {line}, column {column}: {message}")]
    Syntax {
        /// The line, from 1; 0 if unknown.
        line: usize,
        /// The column, from 1; 0 if unknown.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A name that stands for nothing.
    #[error("filter names {0:?}: use id, source, type, time, subject, tenant or data")]
    UnknownName(String),
    /// A function that filters do not have, or with other arguments.
    #[error(
        "filter calls {0:?} in a way that is not supported: use operators, in, has, size, contains, startsWith, endsWith, \
         matches, changed, old, all, exists, exists_one, map, filter, and conversions"
    )]
    UnknownFunction(String),
    /// A macro in a macro.
    #[error("filter has all, exists, exists_one, map or filter inside another one: put one after the other")]
    NestedMacros,
    /// `matches`, `changed` or `old` with something computed.
    #[error("filter calls {0} with something that is computed: give it a text in quotes")]
    NotLiteral(&'static str),
    /// A regular expression that cannot be compiled, or is too large.
    #[error("filter has a regular expression that is refused: {0}")]
    Regex(String),
    /// More than [`MAX_PATTERNS_IN_FILTER`].
    #[error("filter has too many regular expressions: use at most {MAX_PATTERNS_IN_FILTER}, joined by |")]
    ManyPatterns,
}

impl Filter {
    /// The filter that this expression is.
    pub fn compile(source: &str) -> Result<Self, InvalidFilter> {
        let (expression, patterns) = compile(source, check::FILTER)?;
        Ok(Self(Arc::new(Compiled { source: source.into(), expression, patterns })))
    }

    /// The expression, as it was given.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether the event of these facts is wanted. The crate that evaluates never promises that it does not panic: if it
    /// does, that is an error of this filter alone.
    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        catch_unwind(AssertUnwindSafe(|| self.evaluate(facts)))
            .unwrap_or_else(|_| Verdict::Error("evaluating it made the evaluator fail: please report it".to_owned()))
    }

    fn evaluate(&self, facts: &Facts<'_>) -> Verdict {
        let view = facts.view(&self.0.patterns);
        let mut context = Context::with_env(functions::environment());
        context.set_variable_resolver(&view);
        match Value::resolve_val(&self.0.expression, &context) {
            Ok(value) => match value.downcast_ref::<CelBool>() {
                Some(wanted) if *wanted.inner() => Verdict::Match,
                Some(_) => Verdict::NoMatch,
                None => Verdict::Error(format!("the filter gives {}, not true or false", value.get_type().name())),
            },
            Err(error) => Verdict::Error(error.to_string()),
        }
    }
}

/// The expression of a text, checked and prepared, and the regular expressions it uses.
pub(crate) fn compile(source: &str, rules: Rules) -> Result<(Expression, Box<[Regex]>), InvalidFilter> {
    if source.trim().is_empty() {
        return Err(InvalidFilter::Empty);
    }
    if source.len() > MAX_FILTER_BYTES {
        return Err(InvalidFilter::Long(source.len()));
    }
    // Before the parser, which is recursive.
    if check::depth_of_text(source) > MAX_FILTER_DEPTH {
        return Err(InvalidFilter::Deep);
    }
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(source)));
    let unreadable = InvalidFilter::Syntax { line: 0, column: 0, message: "the parser gave up".to_owned() };
    let mut expression = parsed.map_err(|_| unreadable)??;
    let patterns = check::check(&mut expression, rules)?.into();
    Ok((expression, patterns))
}

fn parse(source: &str) -> Result<Expression, InvalidFilter> {
    Parser::new().parse(source).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        let (place, message) = first.map_or(((0, 0), String::new()), |error| (error.pos, error.msg));
        let number = |number: isize| usize::try_from(number).unwrap_or(0);
        InvalidFilter::Syntax { line: number(place.0), column: number(place.1), message }
    })
}

impl FromStr for Filter {
    type Err = InvalidFilter;

    fn from_str(source: &str) -> Result<Self, InvalidFilter> {
        Self::compile(source)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.source()).finish()
    }
}

/// Filters are the same if they are written the same.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.source() == other.source()
    }
}

impl Eq for Filter {}
