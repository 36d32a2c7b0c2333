//! Null in an event is as good as nothing: it is never written as a word, and what a recipe falls back to is used.

use barid_event::{Envelope, Pattern};
use bytes::Bytes;

use super::*;
use crate::{catalogue::event_types, settings::Settings, shape::ShapeError, shape::shape};

/// What the traps call a dead letter: recipes, and the fields without which their example of an event has nobody to be about.
const ENDED: [(&str, &[&str]); 3] = [
    ("freshdesk-ticket", &["", "/requester", "/requester/email"]),
    ("hubspot-contact", &["", "/emails", "/emails/0"]),
    ("mailchimp-member", &["", "/emails", "/emails/0"]),
];

/// URL and body of what a subscription is sent; the event has no subject either.
fn sent(settings: &Settings, kind: &str, data: &Value) -> Result<(String, String), ShapeError> {
    let envelope = json!({
        "id": "e1", "source": "/crm", "type": kind, "time": "2026-11-24T10:00:00Z", "tenant": "acme",
        "datacontenttype": "application/json",
    });
    let envelope: Envelope = serde_json::from_value(envelope).unwrap();
    let data = Bytes::from(data.to_string());
    let body = shape(&settings.payload, &envelope, &data, &settings.id())?.body;
    let url = settings.destination.url_for(&envelope, &data)?.to_string();
    Ok((url, String::from_utf8(body.into()).unwrap()))
}

fn body(name: &str, kind: &str, data: &Value) -> Value {
    let recipe = catalogue().into_iter().find(|recipe| recipe.name.as_str() == name).unwrap();
    serde_json::from_str(&sent(&settings(&recipe, ""), kind, data).unwrap().1).unwrap()
}

/// The pointers of a value and everything in it.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| pointers(inner, &format!("{at}/{key}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| pointers(inner, &format!("{at}/{index}"), out));
        }
        _ => {}
    }
}

/// The examples of the events that a recipe is made for.
fn examples(recipe: &Recipe) -> Vec<(String, Value)> {
    let patterns: Vec<Pattern> = recipe.events.iter().map(|pattern| pattern.parse().unwrap()).collect();
    let known =
        event_types().into_iter().filter(|known| patterns.iter().any(|pattern| pattern.matches(&known.event_type)));
    known.map(|known| (known.event_type.to_string(), known.example.unwrap())).collect()
}

/// The same data with all that recipes fall back to.
fn completed(mut data: Value) -> Value {
    for (key, value) in [
        ("email", json!("other@example.com")),
        ("emails", json!(["first@example.com", "second@example.com"])),
        ("requester", json!({"name": "Omar", "email": "omar@example.com"})),
        ("client_id", json!("1.2")),
        ("name", json!("A name")),
        ("title", json!("A title")),
        ("subject", json!("A subject")),
    ] {
        data[key] = value;
    }
    data
}

#[test]
fn no_field_that_is_null_is_written_as_a_word_or_stops_a_recipe_that_can_do_without() {
    for recipe in catalogue() {
        let (name, settings) = (recipe.name.as_str(), settings(&recipe, ""));
        let ended = ENDED.iter().find(|(ended, _)| *ended == name).map_or(&[][..], |(_, fields)| fields);
        let examples = examples(&recipe);
        assert!(!examples.is_empty(), "{name}");
        for (kind, example) in examples {
            for (data, ended) in [(example.clone(), ended), (completed(example), &ended[..ended.len().min(1)])] {
                let mut all = Vec::new();
                pointers(&data, "", &mut all);
                for pointer in all {
                    let mut data = data.clone();
                    *data.pointer_mut(&pointer).unwrap() = Value::Null;
                    match sent(&settings, &kind, &data) {
                        Ok((url, body)) => {
                            let is_ended = ended.contains(&pointer.as_str());
                            assert!(!is_ended, "{name}, {kind} without {pointer:?} should end: {url} {body}");
                            let is_word = format!("{url} {body}").to_lowercase().contains("none");
                            assert!(!is_word, "{name}, {kind} without {pointer:?}: {url} {body}");
                        }
                        Err(error) => {
                            assert_eq!(error.reason(), "template");
                            assert!(ended.contains(&pointer.as_str()), "{name}, {kind} without {pointer:?}: {error}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_null_is_passed_over_for_the_next() {
    let named = json!({"name": null, "title": "", "subject": "The van", "id": "d1"});
    assert_eq!(body("slack", "deal.won", &named)["text"], "deal.won: The van");
    assert_eq!(body("discord", "deal.won", &json!({"name": null, "id": null}))["content"], "deal.won: e1");
    let card = body("teams", "deal.won", &named);
    assert_eq!(card["attachments"][0]["content"]["body"][0]["text"], "The van");
    let hash = body("ga4", "deal.won", &json!({"client_id": null}))["client_id"].clone();
    assert_eq!(hash.as_str().map(str::len), Some(64));
}

#[test]
fn a_ticket_without_a_requester_is_the_agents_or_another_addresss() {
    for requester in [json!(null), json!({"name": "Omar"}), json!({"name": "Omar", "email": null})] {
        let data = json!({"subject": null, "requester": requester, "email": "jane@example.com", "priority": null});
        let zendesk = json!({"subject": "ticket.created", "comment": {"body": "ticket.created"}, "external_id": "e1"});
        assert_eq!(body("zendesk-ticket", "ticket.created", &data)["ticket"], zendesk);
        let freshdesk = body("freshdesk-ticket", "ticket.created", &data);
        assert_eq!(
            (&freshdesk["email"], &freshdesk["subject"]),
            (&json!("jane@example.com"), &json!("ticket.created"))
        );
    }
    let data = json!({"requester": {"name": null, "email": "omar@example.com"}});
    let named = json!({"name": "omar@example.com", "email": "omar@example.com"});
    assert_eq!(body("zendesk-ticket", "ticket.created", &data)["ticket"]["requester"], named);
}

#[test]
fn a_person_has_the_first_address_that_is_one() {
    let data = json!({"email": null, "emails": [null, "", " Jane@example.com"], "first_name": null, "phones": [null]});
    let mailchimp = body("mailchimp-member", "contact.created", &data);
    assert_eq!(mailchimp["email_address"], "Jane@example.com");
    assert_eq!(mailchimp["merge_fields"], json!({"FNAME": "", "LNAME": ""}));
    let hubspot = body("hubspot-contact", "contact.created", &data);
    assert_eq!(hubspot["inputs"][0]["properties"], json!({"email": "Jane@example.com"}));
}
