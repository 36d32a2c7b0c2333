//! What an expression may name: the envelope of one event, and its data, which is parsed when the first expression asks for it.

use std::{borrow::Cow, sync::OnceLock};

use barid_event::{Envelope, EventType, Subject};
use cel::{
    common::{
        types::{CelBool, CelNull, CelString, CelTimestamp},
        value::CowVal,
    },
    context::VariableResolver,
};
use chrono::SecondsFormat;
use regex::Regex;
use serde_json::Value;

use super::{
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
        let envelope = self.envelope;
        let text = |text: &str| Some(Cow::Owned(text.into()));
        match name {
            "data" => Some(Cow::Borrowed(self.data())),
            "id" => text(envelope.id.as_str()),
            "source" => text(envelope.source.as_str()),
            "type" => text(envelope.event_type.as_str()),
            "tenant" => text(envelope.tenant.as_str()),
            "time" => text(&envelope.time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            "subject" => Some(Cow::Owned(envelope.subject.as_ref().map(Subject::as_str).into())),
            _ => match (name.strip_prefix(CHANGED), name.strip_prefix(OLD)) {
                (Some(field), _) => Some(Cow::Owned(self.change(field).is_some().into())),
                (_, Some(field)) => Some(Cow::Borrowed(self.old(field))),
                _ => None,
            },
        }
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

/// The facts, with what one filter brings along.
pub(super) struct View<'f> {
    facts: &'f Facts<'f>,
    patterns: &'f [Regex],
}

impl VariableResolver for View<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let Self { facts, patterns } = self;
        let envelope = facts.envelope;
        let text = |text: &'b str| Some(CowVal::owned(CelString::from(text)));
        match name {
            "data" => Some(json::value(facts.data())),
            "id" => text(envelope.id.as_str()),
            "source" => text(envelope.source.as_str()),
            "type" => text(envelope.event_type.as_str()),
            "tenant" => text(envelope.tenant.as_str()),
            "time" => Some(CowVal::owned(CelTimestamp::from(envelope.time.fixed_offset()))),
            "subject" => match &envelope.subject {
                Some(subject) => text(subject.as_str()),
                None => Some(CowVal::owned(CelNull)),
            },
            _ if !name.starts_with('@') => None,
            _ => {
                if let Some(field) = name.strip_prefix(CHANGED) {
                    return Some(CowVal::owned(CelBool::from(facts.change(field).is_some())));
                }
                if let Some(field) = name.strip_prefix(OLD) {
                    return Some(json::value(facts.old(field)));
                }
                let number = name.strip_prefix(PATTERN)?.parse::<usize>().ok()?;
                patterns.get(number).map(|pattern| CowVal::owned(Pattern(pattern.clone())))
            }
        }
    }
}
