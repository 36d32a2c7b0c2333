//! What a template may not be written with: what would let a short one make a list of immense length.
//!
//! Fuel bounds instructions and text, but not lists: those are added, repeated and nested without being copied, and cost
//! only when they are printed, all at once. So lists come from the event, or hold constants.

use minijinja::{
    Environment,
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
};

/// Filters that make lists of lists.
const FILTERS: [&str; 6] = ["chain", "zip", "map", "batch", "slice", "pprint"];
/// Functions that make values which hold others, or show everything there is.
const FUNCTIONS: [&str; 3] = ["dict", "namespace", "debug"];
/// Words after which a bracket begins a value instead of following one.
const KEYWORDS: [&str; 11] = ["in", "and", "or", "not", "if", "elif", "else", "is", "set", "recursive", "with"];

/// An opened bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Call,
    Group,
    Subscript,
    List,
}

/// Takes away what makes lists.
pub(super) fn restrict(environment: &mut Environment<'_>) {
    for name in FILTERS {
        environment.remove_filter(name);
    }
    for name in FUNCTIONS {
        environment.remove_global(name);
    }
}

/// The first thing in a template that is not allowed: its line, and what to do.
pub(super) fn forbidden(source: &str) -> Option<(usize, &'static str)> {
    let mut open = Vec::new();
    // Whether the last token ended a value, and whether it began a statement.
    let (mut is_after_value, mut is_after_start, mut in_targets) = (false, false, false);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        // Whoever compiles it names the fault.
        let Ok((token, span)) = token else { return None };
        let top = open.last().copied();
        let may_separate = matches!(top, Some(Open::Call | Open::List)) || (top.is_none() && in_targets);
        let refused = match &token {
            Token::Plus | Token::Mul | Token::Pow => Some("has + or *, which are not supported: join text with ~"),
            Token::BraceOpen => Some("makes a mapping, which is not supported: write out what it is for"),
            Token::Comma if !may_separate => Some("makes a tuple, which is not supported: use what the event has"),
            Token::Ident(name) if top == Some(Open::List) && !matches!(*name, "true" | "false" | "none") => {
                Some("makes a list of values, which is not supported: lists may hold constants")
            }
            Token::ParenOpen | Token::BracketOpen if top == Some(Open::List) => {
                Some("makes a list of lists, which is not supported: lists may hold constants")
            }
            _ => None,
        };
        if let Some(why) = refused {
            return Some((usize::from(span.start_line), why));
        }
        match &token {
            Token::BlockStart | Token::VariableStart => {
                open.clear();
                in_targets = false;
            }
            Token::Ident("for") if is_after_start => in_targets = true,
            Token::Ident("in") => in_targets = false,
            Token::ParenOpen => open.push(if is_after_value { Open::Call } else { Open::Group }),
            Token::BracketOpen => open.push(if is_after_value { Open::Subscript } else { Open::List }),
            Token::ParenClose | Token::BracketClose => _ = open.pop(),
            _ => {}
        }
        is_after_start = matches!(token, Token::BlockStart);
        is_after_value = match token {
            Token::Ident(name) => !KEYWORDS.contains(&name),
            Token::ParenClose | Token::BracketClose => true,
            _ => false,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_makes_lists_without_end() {
        for source in [
            "{{ ['x'] * 9 }}",
            "{% set a = a + a %}",
            "{% set a = [a, a] %}",
            "{% set a = (a, a) %}",
            "{% set a = a, a %}",
            "{% for a in (a, a) %}{% endfor %}",
            "{% for a in a, a %}{% endfor %}",
            "{% if x in (a, a) %}{% endif %}",
            "{{ {'a': 1} }}",
            "{{ [[1], [1]] }}",
            "{{ a[b, c] }}",
            "{{ 'a' }}\n{{ \"}}\" ~ 2 ** 3 }}",
        ] {
            assert!(forbidden(source).is_some(), "{source}");
        }
    }

    #[test]
    fn allows_calls_loops_and_lists_of_constants() {
        for source in [
            "{% for key, value in data|items %}{{ key }}{% endfor %}",
            "{% if data.stage in ['won', 'lost', -1, true] %}a * b + c, {{ range(1, 3) }}{% endif %}",
            "{{ (data.amount / 100)|round(2) }}{{ data['a b'][0] }}{{ data.name|replace('a', 'b') }}",
            "{# {{ a + b }} #}{% raw %}{{ a + b }}{% endraw %}",
        ] {
            assert_eq!(forbidden(source), None, "{source}");
        }
    }
}
