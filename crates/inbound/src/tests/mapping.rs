//! Batches, ids, and what events say.

use std::cell::Cell;

use super::*;
use crate::{Accepted, MAX_ITEMS, MAX_MADE_BYTES, Reason};

fn sent(source: &Source, body: &Value, at: DateTime<Utc>) -> Result<Accepted, Reason> {
    let secret = secrets("api-key").0;
    let headers: [(&str, &[u8]); 2] = [("x-api-key", secret.as_bytes()), ("content-type", b"application/json")];
    let body = serde_json::to_vec(body).unwrap();
    match receive(source, &Incoming { method: "POST", url: URL, headers: &headers, body: &body }, at) {
        Decision::Accepted(accepted) => Ok(accepted),
        Decision::Rejected(reason) => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn ids(accepted: &Accepted) -> Vec<&str> {
    accepted.items.iter().map(|item| item.dedup_id.as_str()).collect()
}

#[test]
fn splits_batches_and_bounds_them() {
    let source = source_with("api-key", &json!({"items": "/pages/*/rows/*", "id": ["= parent.page", "= payload.row"]}));
    let pages =
        json!({"pages": [{"page": 1, "rows": [{"row": 1}, {"row": 2}]}, {"page": 2, "rows": [{"row": 1}]}, {}]});
    let accepted = sent(&source, &pages, now()).unwrap();
    let ids = ids(&accepted);
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[0] != ids[2]);
    let rows = |count| json!({"pages": [{"rows": vec![json!({}); count]}]});
    assert_eq!(sent(&source, &rows(MAX_ITEMS), now()).unwrap().items.len(), MAX_ITEMS);
    assert_eq!(sent(&source, &rows(MAX_ITEMS + 1), now()), Err(Reason::Batch));
    assert_eq!(sent(&source, &json!({}), now()).unwrap().items.len(), 0);
}

#[test]
fn an_id_of_the_whole_request_makes_an_event_of_each_item() {
    let source = source_with("api-key", &json!({"items": "/*", "id": "= headers['content-type']"}));
    let all = json!([{"row": 1}, {"row": 2}, {"row": 2}]);
    let (first, again) = (sent(&source, &all, now()).unwrap(), sent(&source, &all, now()).unwrap());
    let ids = ids(&first);
    assert!(ids[0] != ids[1] && ids[1] == ids[2], "{ids:?}");
    assert_eq!(first, again);
}

#[test]
fn without_an_id_the_same_is_the_same_within_the_window_only() {
    let source = source_with("api-key", &json!({"dedup_window": "1h"}));
    let at = |seconds| {
        let at = DateTime::from_timestamp(3_600_000_i64 + seconds, 0).unwrap();
        ids(&sent(&source, &json!({"a": 1, "b": 2}), at).unwrap())[0].to_owned()
    };
    assert_eq!(at(0), at(3599));
    assert_ne!(at(0), at(3600));
}

#[test]
fn keeps_everything_under_raw_if_asked() {
    let mapping = json!([{"type": "lead.created", "time": "= payload.at", "data": {"id": "= payload.id"}}]);
    let source = source_with("api-key", &json!({"mapping": mapping, "keep_raw": true, "tenant": "acme"}));
    let payload = json!({"id": "l_1", "more": [1], "at": 1_795_512_600});
    let accepted = sent(&source, &payload, now()).unwrap();
    let event = source.event(&accepted, &accepted.items[0]).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&event.data).unwrap(), json!({"id": "l_1", "raw": payload}));
    assert_eq!((event.envelope.id.as_str(), event.envelope.tenant.as_str()), ("l_1", "acme"));
    assert_eq!(event.envelope.time.timestamp(), 1_795_512_600);
}

#[test]
fn says_why_an_item_makes_no_event() {
    let refused = |mapping: Value, more: Value| {
        let mut changes = json!({"mapping": mapping});
        changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let source = source_with("api-key", &changes);
        let accepted = sent(&source, &json!({"a": "B"}), now()).unwrap();
        source.event(&accepted, &accepted.items[0]).unwrap_err().to_string()
    };
    assert_eq!(refused(json!([{"type": "= payload.b"}]), json!({})), "type gives nothing: give a type in every case");
    let no_rule = refused(json!([{"when": "payload.a == 'C'", "type": "a"}]), json!({}));
    assert_eq!(no_rule, "no rule of the mapping fits: add one without when at the end");
    assert!(refused(json!([{"type": "a..b"}]), json!({})).starts_with("the mapping's type"));
    assert!(refused(json!([{"type": "a", "time": "soon"}]), json!({})).starts_with("the mapping's time"));
    assert!(refused(json!([{"type": "a", "data": "= payload.a"}]), json!({"keep_raw": true})).contains("keep_raw"));
    assert!(refused(json!([{"type": "a", "subject": "= payload.a + 1"}]), json!({})).starts_with("subject"));
}

#[test]
fn hands_no_credentials_to_a_mapping() {
    let mapping = json!([{"type": "a", "data": {"headers": "= headers", "query": "= query"}}]);
    for preset in ["bearer", "api-key"] {
        let source = source_with(preset, &json!({"mapping": mapping}));
        let Decision::Accepted(accepted) = received(&source, &sample(preset), now()) else { panic!("accepted") };
        let event = source.event(&accepted, &accepted.items[0]).unwrap();
        assert!(!String::from_utf8_lossy(&event.data).contains("secret"), "{preset}");
    }
}

/// A batch of as many items as there may be, beside a list of about this many bytes: expressions look at no text as long.
fn shared(length: usize) -> Value {
    json!({"b": vec!["x".repeat(999); length / 1000], "rows": (0..MAX_ITEMS).map(|row| json!({"row": row})).collect::<Vec<_>>()})
}

#[test]
fn regression_one_event_takes_the_same_text_a_few_times_only() {
    let data: serde_json::Map<_, _> = (0..200).map(|n| (format!("m{n}"), json!("= parent.b"))).collect();
    let source = source_with("api-key", &json!({"items": "/rows/*", "mapping": [{"type": "a.b", "data": data}]}));
    let accepted = sent(&source, &shared(900_000), now()).unwrap();
    let refused = source.event(&accepted, &accepted.items[0]).unwrap_err().to_string();
    assert!(refused.contains("data cannot be computed: makes more than"), "{refused}");
}

#[test]
fn regression_what_all_items_name_is_counted_for_each() {
    let length = 2 * MAX_MADE_BYTES / MAX_ITEMS;
    let mapping = json!([{"type": "a.b", "data": {"b": "= parent.b"}}]);
    let source = source_with("api-key", &json!({"items": "/rows/*", "mapping": mapping}));
    let events = |length| {
        let accepted = sent(&source, &shared(length), now()).unwrap();
        source.events(&accepted, &mut Budget::new(&|| false)).map(|events| events.len())
    };
    assert_eq!((events(length), events(length / 4)), (Err(Reason::Inflated), Ok(MAX_ITEMS)));
    let source = source_with("api-key", &json!({"items": "/rows/*", "kind": "= parent.b"}));
    assert_eq!(sent(&source, &shared(length), now()).map(|it| it.items.len()), Err(Reason::Inflated));
}

#[test]
fn gives_up_when_it_is_late() {
    let source = source_with("api-key", &json!({"items": "/rows/*"}));
    let accepted = sent(&source, &shared(1), now()).unwrap();
    let asked = Cell::new(0);
    let late = || {
        asked.set(asked.get() + 1);
        asked.get() > 10
    };
    assert_eq!(source.events(&accepted, &mut Budget::new(&late)).map(|_| ()), Err(Reason::Slow));
    assert_eq!(asked.get(), 11);
    let secret = secrets("api-key").0;
    let headers: [(&str, &[u8]); 1] = [("x-api-key", secret.as_bytes())];
    let body = shared(1).to_string();
    let incoming = Incoming { method: "POST", url: URL, headers: &headers, body: body.as_bytes() };
    assert_eq!(source.receive(&incoming, now(), &mut Budget::new(&late)), Decision::Rejected(Reason::Slow));
}

#[test]
fn a_template_sees_every_name_and_what_items_share() {
    let template = r#"{"row": {{ payload.row }}, "b": {{ parent.b }}, "query": {{ query }}, "kind": {{ kind }}}"#;
    let mapping = json!([{"type": "a.b", "template": template}]);
    let source = source_with("api-key", &json!({"items": "/rows/*", "mapping": mapping}));
    let accepted = sent(&source, &json!({"b": "x", "rows": [{"row": 1}]}), now()).unwrap();
    let event = source.event(&accepted, &accepted.items[0]).unwrap();
    let data: Value = serde_json::from_slice(&event.data).unwrap();
    assert_eq!(data, json!({"row": 1, "b": "x", "query": {}, "kind": ""}));
}

#[test]
fn regression_a_secret_in_the_body_reaches_no_event() {
    for changes in [json!({"mapping": [{"type": "a.b"}]}), json!({"keep_raw": true})] {
        let source = source_with("zoho", &changes);
        let Decision::Accepted(accepted) = received(&source, &sample("zoho"), now()) else { panic!("accepted") };
        assert_eq!(accepted.items[0].payload["token"], Value::Null);
        let event = source.event(&accepted, &accepted.items[0]).unwrap();
        assert!(!String::from_utf8_lossy(&event.data).contains(&secrets("zoho").0), "{changes}");
    }
}
