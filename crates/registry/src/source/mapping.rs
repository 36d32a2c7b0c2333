//! From what a provider sends to what an event says: rules in order, of which the first that fits makes the event.

use std::sync::Arc;

use barid_event::ContentType;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use super::form::{self, Form, SOURCE_NAMES, Scope, Unfilled};
use crate::{
    cursor::{Cursor, Keys},
    expression::Expression,
    payload::Template,
    problem::{Problem, Problems},
};

/// The most rules of a mapping.
pub const MAX_RULES: usize = 50;

const RULE: Keys =
    Keys { known: &["when", "type", "subject", "tenant", "time", "id", "data", "template"], unsupported: &[] };

/// How items become events. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping(Arc<[Rule]>);

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    when: Option<Expression>,
    event_type: Form,
    subject: Option<Form>,
    tenant: Option<Form>,
    time: Option<Form>,
    id: Option<Form>,
    data: Data,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Data {
    /// The item as it is.
    Whole,
    Form(Form),
    Template(Template),
}

/// What an event is to say, not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The type.
    pub event_type: String,
    /// The subject.
    pub subject: Option<String>,
    /// The tenant, where it is not that of the source.
    pub tenant: Option<String>,
    /// The time, where it is not that of receipt.
    pub time: Option<String>,
    /// The id, where it is not that of the item.
    pub id: Option<String>,
    /// The data.
    pub data: Value,
}

/// Why an item makes no event. The text may quote it: it is for the source's owner, never for a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmapped {
    /// No rule fits.
    #[error("no rule of the mapping fits: add one without when at the end")]
    NoRule,
    /// An expression gives no value.
    #[error("{0} cannot be computed: {1}")]
    Expression(&'static str, Unfilled),
    /// The type is missing.
    #[error("type gives nothing: give a type in every case")]
    NoType,
    /// The template writes no JSON.
    #[error("template: {0}")]
    Template(String),
}

impl Mapping {
    /// What an item becomes where names stand for this.
    pub fn apply(&self, scope: &Scope<'_>) -> Result<Mapped, Unmapped> {
        for rule in &*self.0 {
            let fits = rule.when.as_ref().map_or(Ok(true), |when| when.holds(scope));
            if fits.map_err(|error| Unmapped::Expression("when", error.into()))? {
                return rule.apply(scope);
            }
        }
        Err(Unmapped::NoRule)
    }
}

impl Rule {
    fn apply(&self, scope: &Scope<'_>) -> Result<Mapped, Unmapped> {
        let text = |name: &'static str, form: &Option<Form>| {
            let text = form.as_ref().map_or(Ok(None), |form| form.text(scope));
            text.map_err(|error| Unmapped::Expression(name, error))
        };
        let event_type = self.event_type.text(scope).map_err(|error| Unmapped::Expression("type", error))?;
        Ok(Mapped {
            event_type: event_type.ok_or(Unmapped::NoType)?,
            subject: text("subject", &self.subject)?.filter(|subject| !subject.is_empty()),
            tenant: text("tenant", &self.tenant)?,
            time: text("time", &self.time)?,
            id: text("id", &self.id)?,
            data: self.data.fill(scope)?,
        })
    }
}

impl Data {
    fn fill(&self, scope: &Scope<'_>) -> Result<Value, Unmapped> {
        match self {
            Self::Whole => {
                let payload = scope.iter().find(|(name, _)| *name == "payload");
                Ok(payload.map_or(Value::Null, |(_, payload)| (*payload).clone()))
            }
            Self::Form(form) => {
                let filled = form.fill(scope).map_err(|error| Unmapped::Expression("data", error))?;
                Ok(filled.unwrap_or_default())
            }
            Self::Template(template) => {
                let written = template.render(Context { scope, source: template.source() });
                let written = written.map_err(|fault| Unmapped::Template(fault.to_string()))?;
                serde_json::from_str(&written).map_err(|error| Unmapped::Template(error.to_string()))
            }
        }
    }
}

/// What a template sees: every name, so that it need not ask. What all items share is lent, and what the template's text
/// does not name is not even handed over.
struct Context<'s> {
    scope: &'s Scope<'s>,
    source: &'s str,
}

impl Serialize for Context<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in SOURCE_NAMES.iter().filter(|name| self.source.contains(**name)) {
            let value = self.scope.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// The mapping at a cursor. One that is bound may not choose the tenant.
pub(super) fn read(at: &Cursor<'_>, is_bound: bool, problems: &mut Problems) -> Option<Mapping> {
    let items = problems.keep(at.items(MAX_RULES))?;
    if items.is_empty() {
        problems.add(at.problem("has no rule: give one, or leave mapping out"));
    }
    let rules: Vec<_> = items.iter().map(|at| rule(at, is_bound, problems)).collect();
    rules.into_iter().collect::<Option<Arc<_>>>().map(Mapping)
}

fn rule(at: &Cursor<'_>, is_bound: bool, problems: &mut Problems) -> Option<Rule> {
    let fields = at.fields(&RULE, problems)?;
    let event_type = problems.keep(fields.require("type").and_then(form::leaf));
    let mut leaf = |name| fields.optional(name, problems, form::leaf);
    let (subject, tenant, time, id) = (leaf("subject"), leaf("tenant"), leaf("time"), leaf("id"));
    if let Some(at) = fields.get("tenant").filter(|_| is_bound) {
        problems.add(at.problem("is not yours to choose: leave it out, or use a key of the whole installation"));
    }
    let when = fields.optional("when", problems, form::expression);
    let data = match (fields.get("data"), fields.get("template")) {
        (None, None) => Some(Data::Whole),
        (Some(at), None) => form::read(at, problems).map(Data::Form),
        (None, Some(at)) => problems.keep(template(at)).map(Data::Template),
        (Some(_), Some(at)) => {
            problems.add(at.problem("is there beside data: remove one"));
            None
        }
    };
    Some(Rule { when, event_type: event_type?, subject, tenant, time, id, data: data? })
}

fn template(at: &Cursor<'_>) -> Result<Template, Problem> {
    at.check(Template::over(SOURCE_NAMES, at.text()?, ContentType::default()))
}
