//! A URL with placeholders that each event fills: `https://crm.example.com/people/{{ data.id }}?at={{ data.email|md5 }}`.
//!
//! The event may fill (parts of) path segments and query values and nothing else, always percent-encoded. Scheme, host and
//! port are read once, when the subscription is saved, and what is written for an event is only ever set as the path and
//! the query of that one address: no value can send a delivery elsewhere.

use std::{fmt, sync::Arc};

use minijinja::{
    Environment,
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
};
use serde::Serialize;
use url::Url;

use super::{InvalidDestination, MAX_URL_LENGTH, parse_url};
use crate::payload::{Escape, InvalidTemplate, TEMPLATE_NAMES, TemplateFault, compile, render};

/// What a URL with placeholders holds.
pub(super) const PLACEHOLDER: &str = "{{";
/// Stands for a value where only the shape of the URL matters.
const ANY: &str = "x";

/// A URL with placeholders, checked and compiled. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub(super) struct UrlTemplate {
    source: Arc<str>,
    /// Scheme, host and port.
    origin: Url,
    /// Writes path and query.
    environment: Arc<Environment<'static>>,
}

/// Why a URL with placeholders is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrlTemplate {
    /// A placeholder where none may be.
    #[error(
        "url has a placeholder outside of path segments and query values: write scheme, host, port and the names of parameters out"
    )]
    Place,
    /// A statement, a comment or a backslash.
    #[error("url holds {0}: in a url only {{{{ }}}} can be used")]
    Unsupported(&'static str),
    /// A segment that is `.` or `..`.
    #[error("url has a path segment . or ..: write the path that is meant")]
    Dots,
    /// An expression that cannot be compiled.
    #[error("url has an expression that cannot be used, which {0}")]
    Expression(#[from] InvalidTemplate),
}

/// Why an event gives no URL. Never holds a value of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// An expression failed.
    #[error("the url: {0}")]
    Expression(#[from] TemplateFault),
    /// A path segment came out as `.` or `..`.
    #[error("the url: a path segment came out as . or .., which would name another path")]
    Dots,
    /// Longer than [`MAX_URL_LENGTH`].
    #[error("the url came out with {0} bytes: at most {MAX_URL_LENGTH} are sent")]
    TooLong(usize),
}

impl UrlTemplate {
    /// Checks and compiles a URL in which [`PLACEHOLDER`] occurs.
    pub(super) fn new(source: &str, allow_http: bool) -> Result<Self, InvalidDestination> {
        if source.len() > MAX_URL_LENGTH {
            return Err(InvalidDestination::UrlTooLong(source.len()));
        }
        let texts = texts(source)?;
        let probe = texts.join(ANY);
        // Everything that holds for other URLs.
        let mut origin = parse_url(&probe, allow_http)?;
        let start = authority_end(&probe).ok_or(InvalidUrlTemplate::Place)?;
        let (fixed, rest) = source.split_at_checked(start).ok_or(InvalidUrlTemplate::Place)?;
        if fixed.contains(PLACEHOLDER) || !all_in_place(&texts, start) {
            return Err(InvalidUrlTemplate::Place.into());
        }
        if has_dots(&probe[start..]) {
            return Err(InvalidUrlTemplate::Dots.into());
        }
        origin.set_path("/");
        origin.set_query(None);
        let environment = compile(&TEMPLATE_NAMES, rest, Escape::Url).map_err(InvalidUrlTemplate::from)?;
        Ok(Self { source: source.into(), origin, environment: Arc::new(environment) })
    }

    /// The text as it was given. A secret: not for logs.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Scheme, host and port, which no event changes.
    pub(super) fn origin(&self) -> &Url {
        &self.origin
    }

    /// The URL for an event.
    pub(super) fn fill(&self, event: impl Serialize) -> Result<Url, UrlFault> {
        let rest = render(&self.environment, event)?;
        if has_dots(&rest) {
            return Err(UrlFault::Dots);
        }
        // A value cannot hold the question mark that ends the path: it is encoded.
        let (path, query) = rest.split_once('?').map_or((rest.as_str(), None), |(path, query)| (path, Some(query)));
        let mut url = self.origin.clone();
        url.set_path(path);
        url.set_query(query);
        if url.as_str().len() > MAX_URL_LENGTH {
            return Err(UrlFault::TooLong(url.as_str().len()));
        }
        Ok(url)
    }
}

/// The texts around the placeholders: one more than there are of those.
fn texts(source: &str) -> Result<Vec<String>, InvalidUrlTemplate> {
    if source.contains("{#") {
        return Err(InvalidUrlTemplate::Unsupported("a comment"));
    }
    let (mut texts, mut text) = (Vec::new(), String::new());
    for token in tokenize(source, false, SyntaxConfig::default()) {
        match token {
            Ok((Token::TemplateData(more), _)) if more.contains('\\') => {
                return Err(InvalidUrlTemplate::Unsupported("a backslash"));
            }
            Ok((Token::TemplateData(more), _)) => text.push_str(more),
            Ok((Token::VariableStart, _)) => texts.push(std::mem::take(&mut text)),
            Ok((Token::BlockStart, _)) => return Err(InvalidUrlTemplate::Unsupported("a statement")),
            Ok(_) => {}
            // Whoever compiles it names the fault.
            Err(_) => break,
        }
    }
    texts.push(text);
    Ok(texts)
}

/// Where the authority of `scheme://authority/…` ends; none if the URL does not begin like this.
fn authority_end(url: &str) -> Option<usize> {
    let start = url.find("://")? + "://".len();
    let length = url[start..].find(['/', '?', '#'])?;
    (length > 0).then_some(start + length)
}

/// Whether every placeholder stands behind the authority, in the path or in the value of a query parameter.
fn all_in_place(texts: &[String], start: usize) -> bool {
    let mut before = String::new();
    let Some((_, followed)) = texts.split_last() else { return true };
    followed.iter().all(|text| {
        before.push_str(text);
        let is_in_place = before.len() > start && {
            let query = before.split_once('?').map(|(_, query)| query);
            query.is_none_or(|query| query.rsplit('&').next().is_some_and(|parameter| parameter.contains('=')))
        };
        before.push_str(ANY);
        is_in_place
    })
}

/// Whether a path has a segment of dots.
fn has_dots(path_and_query: &str) -> bool {
    let path = path_and_query.split('?').next().unwrap_or_default();
    path.split('/').any(is_dots)
}

/// Whether a segment of a path means the same or the outer one, however it is spelt.
pub(crate) fn is_dots(segment: &str) -> bool {
    // Longer ones cannot be meant: `%2e%2e`.
    segment.len() <= 6 && matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

impl PartialEq for UrlTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for UrlTemplate {}

impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlTemplate")
    }
}

#[cfg(test)]
mod tests;
