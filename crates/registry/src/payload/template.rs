//! A template that writes the body. It is a stranger's program: it sees the event and nothing else, and what it may cost is
//! bounded in source, work, nesting and output.

mod filters;
mod guard;

use std::{collections::BTreeSet, error::Error as _, fmt, sync::Arc};

use barid_event::ContentType;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, UndefinedBehavior, Value, escape_formatter, value::ValueKind,
};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::{
    percent,
    shape::{MAX_OUTPUT, xml},
};

/// The longest template, in bytes: 64 KiB.
pub const MAX_TEMPLATE_BYTES: usize = 64 << 10;
/// What a template may spend on one event: an instruction costs one, and so do 64 bytes of whatever it makes. That bounds
/// its memory to about 12 MB.
pub const TEMPLATE_FUEL: u64 = 200_000;
/// How deep loops and blocks may nest while a template runs.
pub const TEMPLATE_RECURSION: usize = 64;
/// What a template knows: the members of the standard envelope, null where the event has none.
pub const TEMPLATE_NAMES: [&str; 9] =
    ["id", "type", "timestamp", "tenant", "subject", "source", "datacontenttype", "data", "data_base64"];

/// What there is beside the names of the event.
const FUNCTION: &str = "range";
/// The name of the only template of an environment.
const NAME: &str = "payload";
/// How much is said of a fault, in characters: names in it are the template's, of any length.
const MAX_DETAIL: usize = 200;

/// A template, compiled, and the media type of what it writes, which decides how values are escaped. Its `Debug` shows no
/// source, which may hold what the receiver keeps secret.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    content_type: ContentType,
    environment: Arc<Environment<'static>>,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// Longer than [`MAX_TEMPLATE_BYTES`].
    #[error("has {0} bytes: give at most {MAX_TEMPLATE_BYTES}")]
    TooLong(usize),
    /// It cannot be compiled.
    #[error("cannot be compiled, line {line}: {detail}")]
    Syntax {
        /// Of the template, from 1.
        line: usize,
        /// For people.
        detail: String,
    },
    /// It is written with what could make lists without end.
    #[error("line {line} {what}")]
    Forbidden {
        /// Of the template, from 1.
        line: usize,
        /// What it does, and what to do.
        what: &'static str,
    },
    /// It names what no event has.
    #[error("uses {0}, which is not there: use {names}", names = TEMPLATE_NAMES.join(", "))]
    Unknown(String),
}

/// Why a template wrote nothing for an event. Never holds a value of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// It failed at a line.
    #[error("the template failed in line {line}: {what}")]
    Failed {
        /// Of the template, from 1.
        line: usize,
        /// What went wrong there.
        what: String,
    },
    /// It spent more than [`TEMPLATE_FUEL`].
    #[error("the template took too many steps or made too much: shorten its loops")]
    OutOfFuel,
    /// It wrote more than [`MAX_OUTPUT`].
    #[error("the template wrote {0} bytes: write at most {MAX_OUTPUT}")]
    TooLong(usize),
    /// The media type is JSON and the output is not.
    #[error("the template wrote no valid json (line {line} of the body): print values without quotes around them")]
    NotJson {
        /// Of the output, from 1.
        line: usize,
    },
}

impl Template {
    /// Compiles a template that writes `content_type`.
    pub fn new(source: &str, content_type: ContentType) -> Result<Self, InvalidTemplate> {
        Self::over(&TEMPLATE_NAMES, source, content_type)
    }

    /// The same for a template that knows other names.
    pub(crate) fn over(names: &[&str], source: &str, content_type: ContentType) -> Result<Self, InvalidTemplate> {
        if source.len() > MAX_TEMPLATE_BYTES {
            return Err(InvalidTemplate::TooLong(source.len()));
        }
        let environment = compile(names, source, Escape::of(&content_type))?;
        Ok(Self { source: source.into(), content_type, environment: Arc::new(environment) })
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The media type of what it writes.
    pub fn content_type(&self) -> &ContentType {
        &self.content_type
    }

    /// What it writes for an event.
    pub(crate) fn render(&self, event: impl Serialize) -> Result<String, TemplateFault> {
        let mut text = render(&self.environment, event)?;
        if text.len() > MAX_OUTPUT {
            return Err(TemplateFault::TooLong(text.len()));
        }
        match Escape::of(&self.content_type) {
            Escape::Json => {
                let json = serde_json::from_str::<IgnoredAny>(&text);
                json.map_err(|error| TemplateFault::NotJson { line: error.line() })?;
            }
            Escape::Xml => text.retain(xml::is_char),
            Escape::Html | Escape::Text | Escape::Url => {}
        }
        Ok(text)
    }
}

/// How values are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    Json,
    Xml,
    Html,
    Text,
    /// As parts of a URL, where a value that is not there would name something else.
    Url,
}

/// Why a value cannot be a part of a URL, in words that may be told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoPart(&'static str);

impl Escape {
    fn of(content_type: &ContentType) -> Self {
        let essence = content_type.as_str().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            _ if content_type.is_json() => Self::Json,
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/xml" | "application/xml" => Self::Xml,
            _ if essence.ends_with("+xml") => Self::Xml,
            _ => Self::Text,
        }
    }
}

/// Compiles a template that writes values in this way.
pub(crate) fn compile(names: &[&str], source: &str, escape: Escape) -> Result<Environment<'static>, InvalidTemplate> {
    let mut environment = Environment::new();
    guard::restrict(&mut environment);
    filters::add(&mut environment);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(TEMPLATE_FUEL));
    environment.set_recursion_limit(TEMPLATE_RECURSION);
    environment.set_auto_escape_callback(move |_| match escape {
        Escape::Json => AutoEscape::Json,
        Escape::Xml | Escape::Html => AutoEscape::Html,
        Escape::Text | Escape::Url => AutoEscape::None,
    });
    environment.set_formatter(move |out, state, value| match escape {
        Escape::Url => part_of_url(out, value),
        Escape::Json => escape_formatter(out, state, value),
        // Nobody wants to read "none" in a message.
        _ if value.is_none() => Ok(()),
        _ => escape_formatter(out, state, value),
    });
    environment.add_template_owned(NAME, source.to_owned()).map_err(|error| InvalidTemplate::Syntax {
        line: error.line().unwrap_or(1),
        detail: shortened(error.detail().unwrap_or("is no template")),
    })?;
    if let Some((line, what)) = guard::forbidden(source) {
        return Err(InvalidTemplate::Forbidden { line, what });
    }
    let used = environment.get_template(NAME).map(|template| template.undeclared_variables(false)).unwrap_or_default();
    // Sorted, so that the same template is refused in the same words.
    let used = BTreeSet::from_iter(used);
    let unknown = used.iter().find(|name| !names.contains(&name.as_str()) && *name != FUNCTION);
    unknown.map_or(Ok(()), |name| Err(InvalidTemplate::Unknown(shortened(name))))?;
    Ok(environment)
}

/// What a compiled template writes for an event.
pub(crate) fn render(environment: &Environment<'_>, event: impl Serialize) -> Result<String, TemplateFault> {
    let rendered = environment.get_template(NAME).and_then(|template| template.render(minijinja::value::Serde(event)));
    rendered.map_err(|error| fault(&error))
}

/// Writes a value as a part of a URL, whether the template calls it safe or not.
fn part_of_url(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    let refused = |why| Error::from(ErrorKind::InvalidOperation).with_source(NoPart(why));
    let text = match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => value.to_string(),
        ValueKind::Undefined => return Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => return Err(refused("a value of the url is null")),
        _ => return Err(refused("a value of the url is neither text nor a number")),
    };
    if text.is_empty() {
        return Err(refused("a value of the url is empty"));
    }
    percent::encode(&text, out).map_err(Error::from)
}

/// Says what went wrong. Only those details are told that speak of the template and not of values.
fn fault(error: &minijinja::Error) -> TemplateFault {
    let told = match error.kind() {
        ErrorKind::OutOfFuel => return TemplateFault::OutOfFuel,
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            error.detail()
        }
        _ => error.source().and_then(|source| source.downcast_ref()).map(|NoPart(why)| *why),
    };
    let what = told.map_or_else(|| error.kind().to_string(), shortened);
    TemplateFault::Failed { line: error.line().unwrap_or(1), what }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_DETAIL).collect()
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.content_type == other.content_type
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} bytes, {})", self.source.len(), self.content_type.as_str())
    }
}

#[cfg(test)]
mod tests;
