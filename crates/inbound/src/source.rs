//! One source, ready to receive: what becomes of a request, decided without I/O.

use std::sync::Arc;

use barid_registry::source::{
    Acknowledgement, SecretText, SourceSecret, SourceSettings, SourceToken, Verification, verification::ProofPlace,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::{Budget, Incoming, InvalidKey, Reason, batch, body, verify::Verifier};

/// The longest challenge that is given back, in bytes.
pub const MAX_CHALLENGE: usize = 1024;

/// The methods that events come with.
const METHODS: [&str; 3] = ["POST", "PUT", "PATCH"];

/// The media type of what is given back, so that no browser takes it for a page.
const PLAIN: &str = "text/plain";

/// A source, with its secrets made ready.
pub struct Source {
    pub(crate) settings: Arc<SourceSettings>,
    verifier: Verifier,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is no event, and is answered with this at once.
    Challenge {
        /// The status.
        status: u16,
        /// The media type of the body.
        content_type: &'static str,
        /// The body: bounded, and plain text.
        body: String,
    },
    /// It is no event, and is acknowledged.
    Ignored(Acknowledgement),
    /// It is refused; strangers are told [`Reason::status`] and no more.
    Rejected(Reason),
    /// It holds these events, and is acknowledged once they are safe.
    Accepted(Accepted),
}

/// A request that was verified, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// How to acknowledge it.
    pub acknowledgement: Acknowledgement,
    /// What it holds, in order; at most [`MAX_ITEMS`](crate::MAX_ITEMS).
    pub items: Vec<Item>,
    /// How much older than now it says it is, if it does: the skew of clocks, and the time on the way.
    pub age: Option<TimeDelta>,
    /// What all its items share, for mapping.
    pub(crate) request: Arc<Request>,
}

/// What all items of a request share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) headers: Value,
    pub(crate) query: Value,
    pub(crate) now: DateTime<Utc>,
    pub(crate) now_text: Value,
}

/// One event in a request, not mapped yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What tells it apart within its source: the same whenever the provider sends it again.
    pub dedup_id: String,
    /// What kind of thing the provider says it is.
    pub event_type_hint: Option<String>,
    /// What it holds.
    pub payload: Arc<Value>,
    /// What it lies in: the innermost object around its list, without that list.
    pub(crate) parent: Arc<Value>,
}

impl Source {
    /// Makes the secrets of a source ready.
    pub fn compile(settings: Arc<SourceSettings>) -> Result<Self, InvalidKey> {
        let secrets = settings.secrets.iter().map(|SourceSecret { secret, until }| (secret.expose(), *until));
        let verifier = Verifier::new(settings.verification.clone(), secrets)?;
        Ok(Self { settings, verifier })
    }

    /// The settings it was made of.
    pub fn settings(&self) -> &SourceSettings {
        &self.settings
    }

    /// What becomes of a request at this time, for at most this much.
    pub fn receive(&self, incoming: &Incoming<'_>, now: DateTime<Utc>, budget: &mut Budget<'_>) -> Decision {
        self.decide(incoming, now, budget).unwrap_or_else(Decision::Rejected)
    }

    fn decide(&self, incoming: &Incoming<'_>, now: DateTime<Utc>, budget: &mut Budget<'_>) -> Result<Decision, Reason> {
        let public = self.settings.public_url.as_deref().map(|url| told(url, incoming));
        let incoming = &Incoming { url: public.as_deref().unwrap_or(incoming.url), ..*incoming };
        if let Some(decision) = self.unverified(incoming)? {
            return Ok(decision);
        }
        let intake = &self.settings.intake;
        // Only methods with events are looked at, but what a GET proves is asked first, so that nobody learns more.
        let parse = || body::parse(incoming, intake.json_field.as_deref());
        let age = self.verifier.verify(incoming, now, parse)?;
        if !METHODS.contains(&incoming.method) {
            return Err(Reason::Method);
        }
        let mut body = parse()?;
        if let Verification::Secret(proof) = &self.settings.verification
            && let ProofPlace::Body(pointer) = &proof.place
            && let Some(secret) = body.pointer_mut(pointer)
        {
            // What proves who sent it is nothing for a mapping, nor for what keeps the item as it came.
            *secret = Value::Null;
        }
        let request = Request::of(incoming, &self.settings.verification, now)?;
        let scope = request.scope(&body);
        let holds = |expression: &Option<barid_registry::Expression>| {
            expression.as_ref().is_some_and(|expression| expression.holds(&scope).unwrap_or(false))
        };
        if let Some((when, answer)) = &intake.handshake.challenge
            && when.holds(&scope).unwrap_or(false)
        {
            let answer = answer.evaluate(&scope).ok().flatten();
            return challenge(answer.as_ref().and_then(Value::as_str).unwrap_or_default());
        }
        if holds(&intake.handshake.ignore) {
            return Ok(Decision::Ignored(intake.acknowledgement.clone()));
        }
        let items = batch::split(&self.settings, body, &request, budget)?;
        let acknowledgement = intake.acknowledgement.clone();
        Ok(Decision::Accepted(Accepted { acknowledgement, items, age, request: Arc::new(request) }))
    }

    /// What is answered before anything is verified.
    fn unverified(&self, incoming: &Incoming<'_>) -> Result<Option<Decision>, Reason> {
        let handshake = &self.settings.intake.handshake;
        if let Some(query) = handshake.query.as_ref().filter(|_| incoming.method == "GET") {
            for (name, value) in &query.require {
                if incoming.parameter(name)?.as_deref() != Some(value) {
                    return Err(Reason::BadChallenge);
                }
            }
            let token = incoming.parameter(&query.token)?.unwrap_or_default();
            let expected = self.settings.verify_token.as_ref().map(SecretText::expose).unwrap_or_default();
            if expected.is_empty() || !bool::from(expected.as_bytes().ct_eq(token.as_bytes())) {
                return Err(Reason::WrongToken);
            }
            let asked = incoming.parameter(&query.challenge)?.ok_or(Reason::BadChallenge)?;
            return challenge(&asked).map(Some);
        }
        if handshake.probes.iter().any(|method| **method == *incoming.method) {
            return Ok(Some(Decision::Challenge { status: 200, content_type: PLAIN, body: String::new() }));
        }
        if let Some(unsigned) = &handshake.unsigned
            && let Ok(body) = body::parse(incoming, None)
            && unsigned.holds(&[("payload", &body)]).unwrap_or(false)
        {
            return Ok(Some(Decision::Ignored(self.settings.intake.acknowledgement.clone())));
        }
        Ok(None)
    }
}

/// The URL as the provider knows it. Where it ends in a token, that is the one of this request: while tokens rotate the source
/// answers to two URLs, of which `public_url` can hold but one.
fn told(public: &str, incoming: &Incoming<'_>) -> String {
    let token = |text: &str| text.parse::<SourceToken>().is_ok();
    let (rest, slash) = public.strip_suffix('/').map_or((public, ""), |rest| (rest, "/"));
    let own = incoming.path().trim_end_matches('/').rsplit('/').next().filter(|own| token(own));
    let mut url = match (rest.rsplit_once('/'), own) {
        (Some((before, last)), Some(own)) if token(last) => format!("{before}/{own}{slash}"),
        _ => public.to_owned(),
    };
    if let Some((_, query)) = incoming.url.split_once('?') {
        url.push('?');
        url.push_str(query);
    }
    url
}

/// Gives a challenge back, unless it could be more than that.
fn challenge(asked: &str) -> Result<Decision, Reason> {
    let is_plain = asked.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if asked.is_empty() || asked.len() > MAX_CHALLENGE || !is_plain {
        return Err(Reason::BadChallenge);
    }
    Ok(Decision::Challenge { status: 200, content_type: PLAIN, body: asked.to_owned() })
}

impl Request {
    fn of(incoming: &Incoming<'_>, verification: &Verification, now: DateTime<Utc>) -> Result<Self, Reason> {
        let place = match verification {
            Verification::Secret(proof) => Some(&proof.place),
            Verification::Token | Verification::Signature(_) => None,
        };
        let mut headers = Map::new();
        for (name, value) in incoming.headers {
            // What proves who sent it is nothing for a mapping.
            let is_secret = matches!(place, Some(ProofPlace::Header(secret)) if name.eq_ignore_ascii_case(secret));
            if is_secret || name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie") {
                continue;
            }
            if let Ok(value) = std::str::from_utf8(value) {
                headers.entry(name.to_ascii_lowercase()).or_insert_with(|| value.into());
            }
        }
        let mut query = body::query(incoming.query())?;
        if let (Some(ProofPlace::Query(secret)), Value::Object(query)) = (place, &mut query) {
            query.remove(&**secret);
        }
        let now_text = now.to_rfc3339_opts(SecondsFormat::AutoSi, true).into();
        Ok(Self { headers: Value::Object(headers), query, now, now_text })
    }

    /// The names that stand for something before items are told apart.
    pub(crate) fn scope<'s>(&'s self, payload: &'s Value) -> [(&'static str, &'s Value); 4] {
        [("payload", payload), ("headers", &self.headers), ("query", &self.query), ("now", &self.now_text)]
    }
}
