//! What is done with a request besides verifying and mapping: where its events are, what tells them apart, what is no event at
//! all, and how it is answered.

use super::form::{self, Form};
use crate::{
    cursor::{Cursor, Fields, Keys, all},
    expression::Expression,
    problem::{Problem, Problems},
};

/// The longest name, path or answer in an intake, in bytes.
const MAX_TEXT: usize = 2000;

/// The most parts of an id, methods and required parameters.
const MAX_PARTS: usize = 10;

const HANDSHAKE: Keys = Keys { known: &["probes", "query", "unsigned", "challenge", "ignore"], unsupported: &[] };
const QUERY: Keys = Keys { known: &["require", "token", "challenge"], unsupported: &[] };
const CHALLENGE: Keys = Keys { known: &["when", "answer"], unsupported: &[] };
const ACKNOWLEDGEMENT: Keys = Keys { known: &["status", "content_type", "body"], unsupported: &[] };

/// How requests of a source are taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Where the items of a batch are: keys of objects, and `*` for every item of a list. `None`: the body is one item.
    pub items: Option<Box<[Box<str>]>>,
    /// What kind of thing an item is.
    pub kind: Option<Form>,
    /// What tells items apart; of several values, together. Empty, or if they give nothing: the whole item does.
    pub id: Box<[Form]>,
    /// The field of a form that holds JSON.
    pub json_field: Option<Box<str>>,
    /// What is no event.
    pub handshake: Handshake,
    /// The answer to events.
    pub acknowledgement: Acknowledgement,
}

/// Requests that are no events, and how they are answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Methods that are answered with 200 and nothing else, unverified.
    pub probes: Box<[Box<str>]>,
    /// A GET that wants one of its parameters back.
    pub query: Option<QueryChallenge>,
    /// What is acknowledged and dropped, unverified.
    pub unsigned: Option<Expression>,
    /// A verified body that wants one of its values back: when, and which.
    pub challenge: Option<(Expression, Expression)>,
    /// What is acknowledged and dropped after it was verified.
    pub ignore: Option<Expression>,
}

/// A GET that wants one of its parameters back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryChallenge {
    /// Parameters and the values they must have.
    pub require: Box<[(Box<str>, Box<str>)]>,
    /// The parameter that must hold the source's verify token.
    pub token: Box<str>,
    /// The parameter to give back.
    pub challenge: Box<str>,
}

/// What a provider is answered once its events are safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// A status of 200 to 299.
    pub status: u16,
    /// The media type of the body.
    pub content_type: Box<str>,
    /// The body.
    pub body: Box<str>,
}

impl Default for Acknowledgement {
    fn default() -> Self {
        Self { status: 200, content_type: "text/plain".into(), body: "".into() }
    }
}

/// Reads `items`, `kind` and `id`, which sources may override; what is absent stays as it is.
pub(super) fn overrides(intake: &mut Intake, fields: &Fields<'_>, problems: &mut Problems) {
    if let Some(items) = fields.optional("items", problems, path) {
        intake.items = Some(items);
    }
    if let Some(kind) = fields.optional("kind", problems, form::leaf) {
        intake.kind = Some(kind);
    }
    if let Some(at) = fields.get("id") {
        let id = if at.is_text() {
            problems.keep(form::leaf(at)).map(|form| vec![form])
        } else {
            all(at, MAX_PARTS, form::leaf, problems)
        };
        intake.id = id.unwrap_or_default().into();
    }
}

/// Reads everything else, which only presets have.
pub(super) fn read(fields: &Fields<'_>, problems: &mut Problems) -> Intake {
    let mut intake = Intake::default();
    overrides(&mut intake, fields, problems);
    intake.json_field = fields.optional("json_field", problems, word);
    if let Some(fields) = fields.get("handshake").and_then(|at| at.fields(&HANDSHAKE, problems)) {
        intake.handshake = handshake(&fields, problems);
    }
    if let Some(fields) = fields.get("acknowledgement").and_then(|at| at.fields(&ACKNOWLEDGEMENT, problems)) {
        intake.acknowledgement = acknowledgement(&fields, problems);
    }
    intake
}

fn handshake(fields: &Fields<'_>, problems: &mut Problems) -> Handshake {
    let probes = fields.get("probes").and_then(|at| all(at, MAX_PARTS, word, problems)).unwrap_or_default();
    Handshake {
        probes: probes.into(),
        query: fields.get("query").and_then(|at| query(at, problems)),
        unsigned: fields.optional("unsigned", problems, form::expression),
        challenge: fields.get("challenge").and_then(|at| {
            let fields = at.fields(&CHALLENGE, problems)?;
            let when = problems.keep(fields.require("when").and_then(form::expression));
            let answer = problems.keep(fields.require("answer").and_then(form::expression));
            Some((when?, answer?))
        }),
        ignore: fields.optional("ignore", problems, form::expression),
    }
}

fn query(at: &Cursor<'_>, problems: &mut Problems) -> Option<QueryChallenge> {
    let fields = at.fields(&QUERY, problems)?;
    let require = fields.get("require").map_or(Some(Vec::new()), |at| {
        let members = problems.keep(at.members(MAX_PARTS))?;
        members.iter().map(|(name, at)| Some(((*name).into(), problems.keep(word(at))?))).collect()
    });
    let token = problems.keep(fields.require("token").and_then(word));
    let challenge = problems.keep(fields.require("challenge").and_then(word));
    Some(QueryChallenge { require: require?.into(), token: token?, challenge: challenge? })
}

fn acknowledgement(fields: &Fields<'_>, problems: &mut Problems) -> Acknowledgement {
    let default = Acknowledgement::default();
    let status = |at: &Cursor<'_>| {
        let number = at.number()?;
        let status = u16::try_from(number).ok().filter(|status| (200..300).contains(status));
        status.ok_or_else(|| at.problem("is no success: give 200 to 299"))
    };
    Acknowledgement {
        status: fields.optional("status", problems, status).unwrap_or(default.status),
        content_type: fields.optional("content_type", problems, word).unwrap_or(default.content_type),
        body: fields.optional("body", problems, |at| at.prose(MAX_TEXT)).map_or(default.body, Box::from),
    }
}

fn word(at: &Cursor<'_>) -> Result<Box<str>, Problem> {
    at.line(MAX_TEXT).map(Box::from)
}

/// `/entry/*/changes/*`.
fn path(at: &Cursor<'_>) -> Result<Box<[Box<str>]>, Problem> {
    let path = at.line(MAX_TEXT)?;
    let steps = path.strip_prefix('/').ok_or_else(|| at.problem("is no path: begin it with /"))?;
    let steps: Box<[Box<str>]> =
        steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~").into()).collect();
    if steps.len() > MAX_PARTS {
        return Err(at.problem(format!("has {} steps: give at most {MAX_PARTS}", steps.len())));
    }
    Ok(steps)
}
