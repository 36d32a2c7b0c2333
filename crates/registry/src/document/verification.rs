//! The key `destination.verification` of a document: read, and written with what the receiver has answered.

use std::num::NonZeroU32;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::Consents;
use crate::{
    cursor::{Cursor, Keys},
    problem::{Problem, Problems},
    verification::{AllowedRate, Consent, Verification},
};

const VERIFICATION: Keys = Keys { known: &["kind", "rate", "consent"], unsupported: &[] };
const CONSENT: Keys = Keys { known: &["origin", "rate", "at"], unsupported: &[] };

/// The only kind there is.
const KIND: &str = "cloudevents";

/// What is to be asked of the receiver, and, from who keeps it, what it has answered.
pub(super) fn read(at: &Cursor<'_>, consents: Consents, problems: &mut Problems) -> Option<Verification> {
    if consents == Consents::Impossible {
        let message = "needs a gateway, which asks the receiver: remove it, or register the subscription in a store";
        problems.add(at.problem(message));
        return None;
    }
    let fields = at.fields(&VERIFICATION, problems)?;
    problems.keep(fields.require("kind").and_then(|at| match at.text()? {
        KIND => Ok(()),
        _ => Err(at.problem("is unknown: use cloudevents")),
    }));
    let rate = fields.optional("rate", problems, |at| at.number().map(Some)).flatten();
    let verification = problems.keep(fields.get("rate").unwrap_or(at).check(Verification::new(rate)))?;
    if consents != Consents::Kept {
        // Nobody but the gateway says what a receiver has agreed to.
        return Some(verification);
    }
    let consent = problems.keep(fields.require("consent")).and_then(|at| consent(at, problems))?;
    Some(verification.with_consent(Some(consent)))
}

fn consent(at: &Cursor<'_>, problems: &mut Problems) -> Option<Consent> {
    let fields = at.fields(&CONSENT, problems)?;
    let origin = problems.keep(fields.require("origin").and_then(Cursor::parse));
    let time = problems.keep(fields.require("at").and_then(Cursor::parse::<DateTime<Utc>>));
    let rate = fields.optional("rate", problems, rate);
    Some(Consent { origin: origin?, rate, at: time? })
}

fn rate(at: &Cursor<'_>) -> Result<AllowedRate, Problem> {
    if at.is_text() {
        return if at.text()? == "*" {
            Ok(AllowedRate::Any)
        } else {
            Err(at.problem("is no rate: give * or a number"))
        };
    }
    let rate = u32::try_from(at.number()?).ok().and_then(NonZeroU32::new);
    rate.map(AllowedRate::PerMinute).ok_or_else(|| at.problem("is no rate: give * or a number"))
}

/// What was asked and what was answered.
pub(super) fn write(verification: &Verification) -> Value {
    let mut document = json!({"kind": KIND});
    if let Some(rate) = verification.rate() {
        document["rate"] = rate.get().into();
    }
    if let Some(Consent { origin, rate, at }) = verification.consent() {
        let mut consent = json!({"origin": origin.as_str(), "at": at.to_rfc3339_opts(SecondsFormat::AutoSi, true)});
        match rate {
            None => {}
            Some(AllowedRate::Any) => consent["rate"] = "*".into(),
            Some(AllowedRate::PerMinute(rate)) => consent["rate"] = rate.get().into(),
        }
        document["consent"] = consent;
    }
    document
}

#[cfg(test)]
mod tests {
    use crate::{Reading, Secrets, Settings, document};

    use super::*;

    fn read(verification: &Value, consents: Consents) -> Result<Settings, Problems> {
        let document = json!({
            "name": "a", "events": ["deal.won"],
            "destination": {"url": "https://example.com/", "verification": verification},
            "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
        });
        document::read(&document, &Reading { consents, ..Reading::default() })
    }

    fn answered() -> Value {
        let consent = json!({"origin": "barid.example", "rate": 60, "at": "2026-11-24T10:00:00Z"});
        json!({"kind": "cloudevents", "rate": 120, "consent": consent})
    }

    fn written(settings: &Settings) -> Value {
        document::write(settings, Secrets::Masked)["destination"]["verification"].take()
    }

    #[test]
    fn nobody_brings_a_consent_along_but_who_keeps_it() {
        let asked = read(&answered(), Consents::Asked).unwrap();
        assert_eq!(written(&asked), json!({"kind": "cloudevents", "rate": 120}));
        let kept = read(&answered(), Consents::Kept).unwrap();
        assert_eq!(written(&kept), answered());
        assert!(read(&json!({"kind": "cloudevents"}), Consents::Kept).is_err(), "a subscription nobody consented to");
    }

    #[test]
    fn a_consent_holds_for_the_url_and_the_rate_that_were_asked_about() {
        let kept = read(&answered(), Consents::Kept).unwrap();
        let patched = |patch: Value| {
            let mut settings = document::patch(&kept, &patch, &Reading::default()).unwrap();
            settings.keep_consent(&kept);
            settings.verification.is_some_and(|verification| verification.consent().is_some())
        };
        assert!(patched(json!({"events": ["lead.#"], "destination": {"timeout": "3s"}})));
        assert!(!patched(json!({"destination": {"url": "https://example.com/else"}})));
        assert!(!patched(json!({"destination": {"verification": {"rate": 121}}})));
        assert!(!patched(json!({"destination": {"verification": null}})));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        for (verification, pointer) in [
            (json!({}), "/kind"),
            (json!({"kind": "carrier-pigeon"}), "/kind"),
            (json!({"kind": "cloudevents", "rate": 0}), "/rate"),
            (json!({"kind": "cloudevents", "callback": "https://example.com/"}), "/callback"),
        ] {
            let problems = read(&verification, Consents::Asked).unwrap_err();
            let [problem] = problems.listed() else { panic!("{problems}") };
            assert_eq!(problem.pointer(), format!("/destination/verification{pointer}"));
        }
        let current = read(&json!({"kind": "cloudevents"}), Consents::Asked).unwrap();
        let patch = json!({"destination": {"url": "https://example.com/{{ id }}"}});
        let placeholders = document::patch(&current, &patch, &Reading::default()).unwrap_err();
        assert_eq!(placeholders.listed()[0].pointer(), "/destination/verification");
        let without_a_gateway = read(&json!({"kind": "cloudevents"}), Consents::Impossible).unwrap_err();
        assert_eq!(without_a_gateway.listed()[0].pointer(), "/destination/verification");
    }
}
