//! Texts with placeholders of parameters, `${name}`, and what a value becomes by the place it is put in: as it is in most,
//! percent-encoded in a URL, a constant in a template. No value is ever read as anything but a value.

use std::fmt::Write as _;

use minijinja::{
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
};

use super::{Kind, Parameter};
use crate::{destination::is_dots, percent};

/// What a placeholder begins with.
const START: &str = "${";

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Itself.
    Text(&'a str),
    /// The value of this parameter.
    Parameter(&'a str),
}

/// Where a text stands in the document of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// `destination.url`.
    Url,
    /// `payload.template`.
    Template,
    /// Anywhere else.
    Plain,
}

/// The pieces of a text.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once(START) {
        let (name, after) = after.split_once('}').ok_or("has a placeholder that does not end: write ${name}")?;
        if !is_name(name) {
            return Err("has a placeholder without a name: write ${name}, with a-z, 0-9 and '_'");
        }
        pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
        pieces.push(Piece::Parameter(name));
        rest = after;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    Ok(pieces)
}

/// Whether a parameter may be called so.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Why the placeholders of a text may not stand where they do.
pub(super) fn misplaced(text: &str, position: Position, kind: impl Fn(&str) -> Kind) -> Option<&'static str> {
    if position == Position::Plain || !text.contains(START) {
        return None;
    }
    let outside: usize = tokenize(text, false, SyntaxConfig::default())
        .map_while(Result::ok)
        .filter_map(
            |(token, _)| if let Token::TemplateData(text) = token { Some(text.matches(START).count()) } else { None },
        )
        .sum();
    if outside < text.matches(START).count() {
        return Some("has a placeholder of a parameter within an expression: only what is around those can have some");
    }
    if position == Position::Template {
        return None;
    }
    let pieces = pieces(text).unwrap_or_default();
    let (first, rest) = pieces.split_first()?;
    let is_url = |piece: &Piece<'_>| matches!(piece, Piece::Parameter(name) if kind(name) == Kind::Url);
    if rest.iter().any(is_url) {
        return Some("has a url as a part of it: a parameter of the kind url can only begin the url");
    }
    let begins_well = match first {
        first if is_url(first) => match rest.first() {
            None => true,
            Some(Piece::Text(text)) => text.starts_with(['/', '?']),
            Some(Piece::Parameter(_)) => false,
        },
        // The host and what ends it must be written out.
        Piece::Text(text) => text.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?'])),
        Piece::Parameter(_) => false,
    };
    (!begins_well)
        .then_some("has a parameter in scheme, host or port: let a parameter of the kind url be the beginning")
}

/// The text with the values in their places; or which parameter does not fit there, and why.
pub(super) fn filled<'a>(
    pieces: &[Piece<'a>],
    position: Position,
    value: impl Fn(&str) -> Option<(&'a Parameter, &'a str)>,
) -> Result<String, (&'a str, &'static str)> {
    let mut out = String::new();
    let mut places = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match *piece {
            Piece::Text(text) if index == 1 && position == Position::Url && out.contains('?') => {
                // After a url that has a query already.
                let Some(more) = text.strip_prefix('?') else {
                    return Err((parameter_name(pieces), "holds a query, but the path goes on after it: leave it out"));
                };
                out.push('&');
                out.push_str(more);
            }
            Piece::Text(text) if index == 1 && position == Position::Url && text.starts_with('/') => {
                out.truncate(out.trim_end_matches('/').len());
                out.push_str(text);
            }
            Piece::Text(text) => out.push_str(text),
            Piece::Parameter(name) => {
                let Some((parameter, value)) = value(name) else { return Err((name, "is missing")) };
                match position {
                    Position::Plain => out.push_str(value),
                    // Braces would be placeholders of the event.
                    Position::Url if parameter.kind == Kind::Url => {
                        out.push_str(&value.replace('{', "%7B").replace('}', "%7D"));
                    }
                    Position::Url => {
                        places.push((out.len(), name));
                        // Writing to a string cannot fail.
                        _ = percent::encode(value, &mut out);
                    }
                    Position::Template => constant(value, &mut out),
                }
            }
        }
    }
    let lost = places.into_iter().find(|(place, _)| is_dots(segment(&out, *place)));
    lost.map_or(Ok(out), |(_, name)| {
        Err((name, "makes a path segment . or .., which would name another path: give another value"))
    })
}

/// The segment of a URL's path that a place in it belongs to; nothing if that is in the query.
fn segment(url: &str, place: usize) -> &str {
    // A backslash separates segments like a slash.
    let is_end = ['/', '\\'];
    let path = url.split('?').next().unwrap_or_default();
    let Some((before, after)) = path.split_at_checked(place) else { return "" };
    let start = before.rfind(is_end).map_or(0, |slash| slash + 1);
    let end = after.find(is_end).map_or(path.len(), |length| place + length);
    path.get(start..end).unwrap_or_default()
}

fn parameter_name<'a>(pieces: &[Piece<'a>]) -> &'a str {
    pieces
        .iter()
        .find_map(|piece| if let Piece::Parameter(name) = piece { Some(*name) } else { None })
        .unwrap_or_default()
}

/// An expression that prints a value, escaped by the template for what it writes. Everything but letters and digits is
/// spelt out, so that no value can end it.
fn constant(value: &str, out: &mut String) {
    out.push_str("{{ \"");
    for unit in value.encode_utf16() {
        match u8::try_from(unit).map(char::from) {
            Ok(c) if c.is_ascii_alphanumeric() || c == ' ' => out.push(c),
            // Writing to a string cannot fail.
            _ => _ = write!(out, "\\u{unit:04x}"),
        }
    }
    out.push_str("\" }}");
}
