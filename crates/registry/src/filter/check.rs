//! Checking an expression, node by node, and preparing it: what would cost too much, or be answered wrongly by the crate that
//! evaluates, is refused or replaced by a name or function of ours.

use std::mem;

use cel::{
    common::{
        ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators},
        types::CelString,
    },
    parser::Expression,
};
use regex::{Regex, RegexBuilder};

use super::{
    InvalidFilter, MAX_FILTER_DEPTH, MAX_FILTER_NODES, MAX_PATTERNS_IN_FILTER, MAX_REGEX_BYTES,
    facts::{CHANGED, NAMES, OLD, PATTERN},
    functions::{ADD, CONTAINS, EQUALS, FUNCTIONS, JOIN, MATCHES, METHODS, OPERATORS},
};

/// How many brackets are open at most, and how many signs stand in a row. Brackets in texts count: that is simple, and
/// costs nobody anything.
pub(super) fn depth_of_text(source: &str) -> usize {
    let (mut open, mut signs, mut deepest) = (0_usize, 0, 0);
    for byte in source.bytes() {
        signs = match byte {
            b'!' | b'-' => signs + 1,
            b' ' | b'\t' | b'\r' | b'\n' => signs,
            _ => 0,
        };
        match byte {
            // Whoever asks `a ? b : c ? d : e` nests as well, without a bracket.
            b'(' | b'[' | b'{' | b'?' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open + signs);
    }
    deepest
}

/// What an expression may use beside operators and functions.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// The names that stand for something.
    pub(crate) names: &'static [&'static str],
    /// Whether there are `changed` and `old`.
    pub(crate) changes: bool,
    /// Whether texts may be joined, outside macros.
    pub(crate) joins: bool,
}

/// The rules of filters.
pub(super) const FILTER: Rules = Rules { names: &NAMES, changes: true, joins: false };

/// Checks and prepares an expression; returns the regular expressions it uses.
pub(super) fn check(expression: &mut Expression, rules: Rules) -> Result<Vec<Regex>, InvalidFilter> {
    let mut check = Check { rules, nodes: 0, bound: Vec::new(), patterns: Vec::new(), in_macro: false };
    check.expression(expression, 0)?;
    Ok(check.patterns)
}

struct Check {
    rules: Rules,
    nodes: usize,
    /// The names that macros bind, innermost last.
    bound: Vec<String>,
    patterns: Vec<Regex>,
    in_macro: bool,
}

impl Check {
    fn expression(&mut self, expression: &mut Expression, depth: usize) -> Result<(), InvalidFilter> {
        self.nodes += 1;
        if depth > MAX_FILTER_DEPTH {
            return Err(InvalidFilter::Deep);
        }
        if self.nodes > MAX_FILTER_NODES {
            return Err(InvalidFilter::Large);
        }
        let depth = depth + 1;
        match &mut expression.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.expression(&mut select.operand, depth),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|item| self.expression(item, depth)),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.expression(&mut entry.key, depth)?;
                    self.expression(&mut entry.value, depth)
                }
                EntryExpr::StructField(field) => Err(InvalidFilter::UnknownName(field.field.clone())),
            }),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, depth),
            Expr::Call(call) => {
                if let Some(name) = self.call(call, depth)? {
                    expression.expr = Expr::Ident(name);
                }
                Ok(())
            }
            Expr::Struct(made) => Err(InvalidFilter::UnknownName(made.type_name.clone())),
            Expr::Unspecified => Err(InvalidFilter::UnknownName(String::new())),
        }
    }

    fn name(&self, name: &str) -> Result<(), InvalidFilter> {
        if self.rules.names.contains(&name) || self.bound.iter().any(|bound| bound == name) {
            return Ok(());
        }
        Err(InvalidFilter::UnknownName(name.to_owned()))
    }

    fn comprehension(&mut self, made: &mut ComprehensionExpr, depth: usize) -> Result<(), InvalidFilter> {
        if self.in_macro {
            return Err(InvalidFilter::NestedMacros);
        }
        self.expression(&mut made.iter_range, depth)?;
        self.expression(&mut made.accu_init, depth)?;
        self.in_macro = true;
        self.bound.extend([made.iter_var.clone(), made.accu_var.clone()]);
        self.expression(&mut made.loop_cond, depth)?;
        self.expression(&mut made.loop_step, depth)?;
        self.expression(&mut made.result, depth)?;
        self.bound.clear();
        self.in_macro = false;
        Ok(())
    }

    /// Checks a call. Returns the name to put in its place, if one is to be.
    fn call(&mut self, call: &mut CallExpr, depth: usize) -> Result<Option<String>, InvalidFilter> {
        match call.func_name.as_str() {
            "changed" if call.target.is_none() && self.rules.changes => {
                return literal(call, "changed").map(|field| Some(CHANGED.to_owned() + field));
            }
            "old" if call.target.is_none() && self.rules.changes => {
                return literal(call, "old").map(|field| Some(OLD.to_owned() + field));
            }
            "matches" => self.pattern(call)?,
            _ => rename(call, self.bound.last(), if self.rules.joins && !self.in_macro { JOIN } else { ADD })?,
        }
        if let Some(target) = &mut call.target {
            self.expression(target, depth)?;
        }
        // What stands for a pattern is a name of ours, and no further check finds it.
        let arguments = if call.func_name == MATCHES { 1 } else { call.args.len() };
        call.args.iter_mut().take(arguments).try_for_each(|argument| self.expression(argument, depth))?;
        Ok(None)
    }

    /// `text.matches("…")` with its regular expression compiled, once and for all.
    fn pattern(&mut self, call: &mut CallExpr) -> Result<(), InvalidFilter> {
        if let Some(target) = call.target.take() {
            call.args.insert(0, *target);
        }
        let [_, pattern] = call.args.as_mut_slice() else {
            return Err(InvalidFilter::UnknownFunction("matches".to_owned()));
        };
        let source = text(pattern).ok_or(InvalidFilter::NotLiteral("matches"))?;
        if self.patterns.len() == MAX_PATTERNS_IN_FILTER {
            return Err(InvalidFilter::ManyPatterns);
        }
        let built = RegexBuilder::new(source).size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES).build();
        let built = built.map_err(|error| InvalidFilter::Regex(last_line(&error.to_string())))?;
        pattern.expr = Expr::Ident(format!("{PATTERN}{}", self.patterns.len()));
        self.patterns.push(built);
        MATCHES.clone_into(&mut call.func_name);
        Ok(())
    }
}

/// Puts our own operators in the place of those that do not know borrowed JSON, or join texts without a limit.
fn rename(call: &mut CallExpr, accumulator: Option<&String>, add: &'static str) -> Result<(), InvalidFilter> {
    // A macro that collects adds to its own list, which is bounded by the list it walks.
    let is_own = |first: &Expression| matches!(&first.expr, Expr::Ident(name) if Some(name) == accumulator);
    let name = call.func_name.as_str();
    let ours = match name {
        operators::EQUALS => EQUALS,
        operators::IN => CONTAINS,
        operators::ADD if !call.args.first().is_some_and(is_own) => add,
        operators::NOT_EQUALS => {
            let args = mem::take(&mut call.args);
            let equal = CallExpr { func_name: operators::EQUALS.to_owned(), target: None, args };
            call.args = vec![Expression { id: 0, expr: Expr::Call(equal) }];
            operators::LOGICAL_NOT
        }
        _ if call.target.is_none() && (OPERATORS.contains(&name) || FUNCTIONS.contains(&name)) => return Ok(()),
        _ if call.target.is_some() && METHODS.contains(&name) => return Ok(()),
        _ => return Err(InvalidFilter::UnknownFunction(name.to_owned())),
    };
    ours.clone_into(&mut call.func_name);
    Ok(())
}

/// The one argument, a text in quotes.
fn literal<'c>(call: &'c CallExpr, name: &'static str) -> Result<&'c str, InvalidFilter> {
    match call.args.as_slice() {
        [argument] => text(argument).ok_or(InvalidFilter::NotLiteral(name)),
        _ => Err(InvalidFilter::UnknownFunction(name.to_owned())),
    }
}

fn text(expression: &Expression) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(CelString::inner(text)),
        _ => None,
    }
}

/// The fault itself: the lines before it draw the pattern.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}
