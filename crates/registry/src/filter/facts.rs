//! What an expression may name: the envelope of one event, and its data, which is parsed when the first expression asks for it.

use std::{borrow::Cow, sync::OnceLock};

use barid_event::{Envelope, EventType};
use cel::{
    common::{
        types::{CelBool, CelString, CelTimestamp},
        value::CowVal,
    },
    context::VariableResolver,
};
use chrono::{DateTime, SecondsFormat, Utc};
use regex::Regex;
use serde_json::Value;

use super::{
    MAX_FILTER_TEXT,
    functions::Pattern,
    json::{self, NULL},
};

/// The names that stand for something.
pub(super) const NAMES: [&str; 7] = ["id", "source", "type", "time", "subject", "tenant", "data"];

/// Before the field in the name that stands for `changed("field")`. No expression can spell an at sign.
pub(super) const CHANGED: &str = "@changed:";
/// Before the field in the name that stands for `old("field")`.
pub(super) const OLD: &str = "@old:";
/// Before the number in the name that stands for a compiled regular expression.
pub(crate) const PATTERN: &str = "@pattern:";

/// One event, as filters see it. Data that is no JSON, or cannot be read, is null.
#[derive(Debug)]
pub struct Facts<'e> {
    envelope: &'e Envelope,
    raw: &'e [u8],
    data: OnceLock<Value>,
}

impl<'e> Facts<'e> {
    /// The facts of this event. Nothing is parsed yet.
    pub fn new(envelope: &'e Envelope, data: &'e [u8]) -> Self {
        Self { envelope, raw: data, data: OnceLock::new() }
    }

    /// The type of the event.
    pub fn event_type(&self) -> &EventType {
        &self.envelope.event_type
    }

    pub(super) fn view<'f>(&'f self, patterns: &'f [Regex]) -> View<'f> {
        View { facts: self, patterns }
    }

    /// What a name stands for, as JSON: one of [`NAMES`], or one that stands for `changed` or `old`.
    pub(super) fn named(&self, name: &str) -> Option<Cow<'_, Value>> {
        Some(match self.fact(name)? {
            Fact::Text(text) => Cow::Owned(text.into()),
            Fact::Time(time) => Cow::Owned(time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()),
            Fact::Truth(truth) => Cow::Owned(truth.into()),
            Fact::Json(value) => Cow::Borrowed(value),
        })
    }

    /// The table of names, for whoever evaluates and for whoever explains.
    fn fact(&self, name: &str) -> Option<Fact<'_>> {
        let envelope = self.envelope;
        Some(match name {
            "data" => Fact::Json(self.data()),
            "id" => Fact::Text(envelope.id.as_str()),
            "source" => Fact::Text(envelope.source.as_str()),
            "type" => Fact::Text(envelope.event_type.as_str()),
            "tenant" => Fact::Text(envelope.tenant.as_str()),
            "time" => Fact::Time(envelope.time),
            "subject" => envelope.subject.as_ref().map_or(Fact::Json(&NULL), |subject| Fact::Text(subject.as_str())),
            _ => match name.strip_prefix(CHANGED) {
                Some(field) => Fact::Truth(self.change(field).is_some()),
                None => Fact::Json(self.old(name.strip_prefix(OLD)?)),
            },
        })
    }

    fn data(&self) -> &Value {
        self.data.get_or_init(|| {
            let is_json = self.envelope.datacontenttype.is_json();
            is_json.then(|| serde_json::from_slice(self.raw).ok()).flatten().unwrap_or_default()
        })
    }

    /// What `data.changes` says of a field, in the form of the event types that come with Barid: `{field, old, new}`.
    fn change(&self, field: &str) -> Option<&Value> {
        let changes = self.data().get("changes")?.as_array()?;
        changes.iter().find(|change| change.get("field").and_then(Value::as_str) == Some(field))
    }

    /// What the field was before; null if it is not said, or did not change.
    fn old(&self, field: &str) -> &Value {
        self.change(field).and_then(|change| change.get("old")).unwrap_or(&NULL)
    }
}

/// What a name stands for.
enum Fact<'f> {
    Text(&'f str),
    Time(DateTime<Utc>),
    Truth(bool),
    Json(&'f Value),
}

/// The facts, with what one filter brings along.
pub(super) struct View<'f> {
    facts: &'f Facts<'f>,
    patterns: &'f [Regex],
}

impl VariableResolver for View<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(number) = name.strip_prefix(PATTERN) {
            let pattern = self.patterns.get(number.parse::<usize>().ok()?)?;
            return Some(CowVal::owned(Pattern(pattern.clone())));
        }
        Some(match self.facts.fact(name)? {
            Fact::Text(text) => CowVal::owned(CelString::from(text)),
            Fact::Time(time) => CowVal::owned(CelTimestamp::from(time.fixed_offset())),
            Fact::Truth(truth) => CowVal::owned(CelBool::from(truth)),
            Fact::Json(value) => json::value(value, MAX_FILTER_TEXT),
        })
    }
}
