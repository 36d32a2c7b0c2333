//! Expressions that are only a way into a value: a name, its members, and items by number. They can be followed on the JSON
//! itself, without evaluating anything.

use std::fmt::Write as _;

use cel::{
    common::ast::{Expr, LiteralValue, operators},
    parser::Expression,
};
use serde_json::Value;

/// A name, and the way from there.
#[derive(Debug, PartialEq)]
pub(crate) struct Path<'e> {
    name: &'e str,
    steps: Vec<Step<'e>>,
}

#[derive(Debug, PartialEq)]
enum Step<'e> {
    Member(&'e str),
    Item(usize),
}

impl<'e> Path<'e> {
    /// The path that an expression is, if it is one from its first name, which must be a `root`, to its last step. A test for
    /// something is none.
    pub(crate) fn of(expression: &'e Expression, is_root: impl Fn(&str) -> bool) -> Option<Self> {
        let mut steps = Vec::new();
        let mut place = expression;
        let name = loop {
            place = match &place.expr {
                Expr::Ident(name) if is_root(name) => break name,
                Expr::Select(select) if !select.test => {
                    steps.push(Step::Member(&select.field));
                    &select.operand
                }
                Expr::Call(call) if call.func_name == operators::INDEX => {
                    let [of, index] = call.args.as_slice() else { return None };
                    steps.push(step(index)?);
                    of
                }
                _ => return None,
            };
        };
        steps.reverse();
        Some(Self { name, steps })
    }

    /// One member further.
    pub(super) fn then(mut self, member: &'e str) -> Self {
        self.steps.push(Step::Member(member));
        self
    }

    /// The name that it begins with.
    pub(crate) fn name(&self) -> &'e str {
        self.name
    }

    /// What is at its end, where its name stands for `root`.
    pub(crate) fn walk<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.steps.iter().try_fold(root, |place, step| match step {
            Step::Member(name) => place.get(*name),
            Step::Item(number) => place.get(*number),
        })
    }

    /// The way from the name, as an expression spells it.
    pub(super) fn way(&self) -> String {
        let mut way = String::new();
        for step in &self.steps {
            // Writing to a text does not fail.
            _ = match step {
                Step::Member(name) if is_word(name) => write!(way, ".{name}"),
                Step::Member(name) => write!(way, "[{name:?}]"),
                Step::Item(number) => write!(way, "[{number}]"),
            };
        }
        way
    }
}

fn step(index: &Expression) -> Option<Step<'_>> {
    match &index.expr {
        Expr::Literal(LiteralValue::String(key)) => Some(Step::Member(key.inner())),
        Expr::Literal(LiteralValue::Int(number)) => usize::try_from(*number.inner()).ok().map(Step::Item),
        _ => None,
    }
}

/// Whether a member can be named after a dot.
fn is_word(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
