//! CRM events as a small company makes them.

use anyhow::Result;
use barid_event::{Envelope, Event, Extensions, Tenant};
use serde_json::{Value, json};

const PEOPLE: [(&str, &str, &str); 6] = [
    ("Amina", "Haddad", "amina@lumen.example"),
    ("Bruno", "Costa", "bruno@norte.example"),
    ("Chen", "Li", "chen@harbour.example"),
    ("Dalia", "Novak", "dalia@alpine.example"),
    ("Emeka", "Okafor", "emeka@delta.example"),
    ("Freya", "Lund", "freya@fjord.example"),
];

const STAGES: [&str; 4] = ["qualified", "proposal", "negotiation", "closing"];

/// The number, in each round, of the one event that the always failing subscriber wants.
const REFUND: usize = 42;

/// The event of this number. Most are contacts and deals, some tickets and orders; one is a refund.
pub(super) fn event(round: usize, number: usize) -> Result<Event> {
    let key = round * 100_000 + number;
    let (first, last, email) = PEOPLE[number % PEOPLE.len()];
    let (event_type, source, subject, data) = match number {
        REFUND => (
            "order.refunded",
            "/shop",
            format!("order/{key}"),
            json!({"id": key, "refund_id": key + 1, "amount_minor": 4999, "reason": "arrived broken"}),
        ),
        _ => ordinary(number % 6, key, first, last, email),
    };
    Ok(Event { envelope: envelope(key, event_type, source, &subject)?, data: data.to_string().into() })
}

fn ordinary(
    kind: usize,
    key: usize,
    first: &str,
    last: &str,
    email: &str,
) -> (&'static str, &'static str, String, Value) {
    match kind {
        0 => (
            "contact.created",
            "/sales",
            format!("contact/{key}"),
            json!({"id": key, "first_name": first, "last_name": last, "emails": [email], "lifecycle_stage": "lead"}),
        ),
        1 => (
            "contact.updated",
            "/sales",
            format!("contact/{key}"),
            json!({"id": key, "changes": [{"field": "phone", "old": null, "new": "+971 4 555 0100"}]}),
        ),
        2 => (
            "deal.stage_changed",
            "/sales",
            format!("deal/{key}"),
            json!({"id": key, "from_stage": STAGES[key % 4], "to_stage": STAGES[(key + 1) % 4],
                   "amount_minor": 120_000 + key, "currency": "EUR"}),
        ),
        3 => (
            "deal.won",
            "/sales",
            format!("deal/{key}"),
            json!({"id": key, "amount_minor": 250_000 + key, "currency": "EUR", "owner_id": key % 7}),
        ),
        4 => (
            "ticket.created",
            "/support",
            format!("ticket/{key}"),
            json!({"id": key, "subject": "Cannot log in", "priority": "high", "channel": "email",
                   "requester": {"name": format!("{first} {last}"), "email": email}}),
        ),
        _ => (
            "order.created",
            "/shop",
            format!("order/{key}"),
            json!({"id": key, "number": format!("A-{key}"), "total_minor": 4999, "currency": "EUR",
                   "lines": [{"sku": "LAMP-01", "qty": 1, "price_minor": 4999}]}),
        ),
    }
}

#[expect(clippy::disallowed_methods, reason = "a demo's events happen now")]
fn envelope(key: usize, event_type: &str, source: &str, subject: &str) -> Result<Envelope> {
    Ok(Envelope {
        id: format!("demo-{key}").parse()?,
        source: source.parse()?,
        event_type: event_type.parse()?,
        time: chrono::Utc::now(),
        subject: Some(subject.parse()?),
        datacontenttype: "application/json".parse()?,
        dataschema: None,
        tenant: Tenant::default(),
        extensions: Extensions::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_holds_one_refund() {
        let refunds = (0..300).filter(|n| event(0, *n).unwrap().envelope.event_type.as_str() == "order.refunded");
        assert_eq!(refunds.count(), 1);
    }
}
