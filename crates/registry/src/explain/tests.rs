//! One event before subscriptions of every sort, and what is said of each.

use barid_event::amqp::{Limits, Message, read};
use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    event_type, file,
    refused::MAX_HOPS,
    settings::Settings,
    snapshot::{Change, Changes},
    tenant,
};

const SUBSCRIPTIONS: &str = r##"
subscriptions:
  - {name: all, events: ["deal.*"], destination: {url: "https://a.example/T0/secret-path?k=1"}, signing: {secret: SECRET}}
  - {name: big, events: ["deal.won"], filter: "data.amount > 100", destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: error, events: ["deal.won"], filter: "data.owner.name == 'Ada'", destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: leads, events: ["lead.#", "deal.lost"], filter: "true", destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: paused, events: ["#"], destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: small, events: ["#"], filter: "data.amount < 100", destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: template, events: ["#"], payload: {template: "{{ data.missing }}"}, destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
  - {name: other, tenant: other, events: ["#"], destination: {url: "https://a.example/"}, signing: {secret: SECRET}}
"##;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

const CIRCUMSTANCES: Circumstances =
    Circumstances { now: 1_800_000_000, hops: 0, max_fanout: 1000, budget: Duration::from_mins(1) };

fn snapshot() -> Snapshot {
    let settings = file::parse(&SUBSCRIPTIONS.replace("SECRET", SECRET), false).unwrap();
    let mut compiled: Vec<_> = settings.iter().map(Settings::compile).collect();
    for subscription in &mut compiled {
        subscription.paused = subscription.name.as_str() == "paused";
    }
    Snapshot::compile(compiled, None).unwrap()
}

fn event(data: &Value) -> Event {
    let body = serde_json::to_vec(data).unwrap().into();
    let message = Message { routing_key: "deal.won", message_id: Some("e-1"), body, ..Message::default() };
    read(&message, &Limits::default(), DateTime::UNIX_EPOCH, Uuid::nil).unwrap().event
}

fn explained(snapshot: &Snapshot, event: &Event, circumstances: &Circumstances) -> Value {
    explain(snapshot, event, None, circumstances, || Duration::ZERO).to_json()
}

fn verdicts(explanation: &Value) -> Vec<(&str, &str)> {
    let all = explanation["subscriptions"].as_array().unwrap().iter();
    all.map(|one| (one["name"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect()
}

#[test]
fn every_subscription_of_the_tenant_gets_its_verdict_by_name() {
    let explanation = explained(&snapshot(), &event(&json!({"amount": 500})), &CIRCUMSTANCES);
    let expected = [
        ("all", "delivers"),
        ("big", "delivers"),
        ("error", "filter_error"),
        ("leads", "no_pattern"),
        ("paused", "paused"),
        ("small", "filtered"),
        ("template", "template"),
    ];
    assert_eq!(verdicts(&explanation), expected);
    assert_eq!((&explanation["fanout"], &explanation["truncated"]), (&json!(4), &json!(false)));
    assert_eq!(explanation["refused"], Value::Null);
}

#[test]
fn says_why_in_words_and_with_the_values() {
    let explanation = explained(&snapshot(), &event(&json!({"amount": 500})), &CIRCUMSTANCES);
    let why: Vec<_> =
        explanation["subscriptions"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap()).collect();
    assert_eq!(why[0], "its pattern deal.* matches");
    assert_eq!(why[1], "its pattern deal.won matches and its filter says yes");
    assert!(why[2].starts_with("its pattern deal.won matches, but its filter cannot be evaluated"), "{}", why[2]);
    assert_eq!(why[3], "none of its patterns matches deal.won; the nearest is deal.lost");
    assert!(why[4].contains("but it is paused"), "{}", why[4]);
    assert!(why[6].contains("dead letter: the template failed in line 1"), "{}", why[6]);
    let filter = &explanation["subscriptions"][2]["filter"];
    assert_eq!(filter["values"], json!([{"path": "data.owner.name", "absent": true}]));
    let filter = &explanation["subscriptions"][1]["filter"];
    assert_eq!(
        (&filter["verdict"], &filter["values"]),
        (&json!("match"), &json!([{"path": "data.amount", "value": 500}]))
    );
    assert_eq!(explanation["subscriptions"][3]["filter"]["verdict"], "not_asked");
}

#[test]
fn shows_the_request_without_its_secrets() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    let explanation = explained(&snapshot, &event, &CIRCUMSTANCES);
    let request = &explanation["subscriptions"][0]["request"];
    assert_eq!((&request["method"], &request["url"]), (&json!("POST"), &json!("https://a.example/…")));
    let header = |name| request["headers"].as_array().unwrap().iter().find(|header| header["name"] == name).unwrap();
    assert_eq!(header("webhook-timestamp")["value"], "1800000000");
    assert_eq!(header("webhook-signature"), &json!({"name": "webhook-signature", "value": "…", "masked": true}));
    assert_eq!(header("barid-hops")["value"], "1");
    let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["data"]["amount"]), (&json!("deal.won"), &json!(500)));
    let text = explanation.to_string();
    assert!(!text.contains("secret-path") && !text.contains("whsec") && !text.contains("v1,"), "{text}");
}

#[test]
fn shows_that_there_are_credentials_and_not_which() {
    for (auth, name) in [
        ("{kind: bearer, token: hidden-1}", "authorization"),
        ("{kind: basic, username: me, password: hidden-1}", "authorization"),
        ("{kind: header, name: x-api-key, value: hidden-1}", "x-api-key"),
        (
            "{kind: oauth2, token_url: 'https://login.example/hidden-1', client_id: c, client_secret: hidden-1}",
            "authorization",
        ),
    ] {
        let text = format!(
            "subscriptions: [{{name: a, events: ['#'], signing: {{secret: {SECRET}}}, destination: {{url: \
             'https://a.example/hidden-1', method: PUT, headers: {{x-team: hidden-1}}, auth: {auth}}}}}]"
        );
        let compiled = file::parse(&text, false).unwrap().iter().map(Settings::compile).collect();
        let snapshot = Snapshot::compile(compiled, None).unwrap();
        let event = event(&json!({"amount": 500}));
        let explanation = explained(&snapshot, &event, &CIRCUMSTANCES);
        let request = &explanation["subscriptions"][0]["request"];
        assert_eq!(request["method"], "PUT");
        for name in [name, "x-team"] {
            let masked = json!({"name": name, "value": "…", "masked": true});
            assert!(request["headers"].as_array().unwrap().contains(&masked), "{auth}: {request}");
        }
        assert!(!explanation.to_string().contains("hidden-1"), "{explanation}");
    }
}

#[test]
fn one_that_is_asked_about_is_shown_alone() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    let only = snapshot.of_tenant(&event.envelope.tenant).iter().find(|one| one.name.as_str() == "small");
    let explanation = explain(&snapshot, &event, only, &CIRCUMSTANCES, || Duration::ZERO);
    assert_eq!((explanation.fanout, explanation.subscriptions.len()), (4, 1));
    assert_eq!(explanation.subscriptions[0].outcome, Outcome::Filtered);
}

#[test]
fn an_event_that_is_refused_reaches_nobody() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    let unregistered =
        Changes { tenants: vec![Change::Put(tenant::read(&json!({"id": "other"})).unwrap())], ..Changes::default() };
    let schema = json!({"type": "deal.won", "validation": "enforce", "schema": {"required": ["owner"]}});
    let schema = Changes { event_types: vec![Change::Put(event_type::read(&schema).unwrap())], ..Changes::default() };
    let few = Circumstances { max_fanout: 3, ..CIRCUMSTANCES };
    let round = Circumstances { hops: MAX_HOPS + 1, ..CIRCUMSTANCES };
    for (snapshot, circumstances, reason) in [
        (snapshot.with(unregistered, 1), CIRCUMSTANCES, "tenant_unknown"),
        (snapshot.with(schema, 1), CIRCUMSTANCES, "schema"),
        (snapshot.clone(), round, "loop"),
        (snapshot, few, "fanout_exceeded"),
    ] {
        let explanation = explained(&snapshot, &event, &circumstances);
        assert_eq!(explanation["refused"]["reason"], reason);
        let verdicts = verdicts(&explanation);
        assert_eq!(
            (verdicts[0], verdicts[3], verdicts[5]),
            (("all", reason), ("leads", "no_pattern"), ("small", "filtered"))
        );
        assert_eq!(explanation["subscriptions"][0]["request"], Value::Null);
        let errors = usize::from(reason == "schema");
        assert_eq!(explanation["schema"]["errors"].as_array().unwrap().len(), errors);
    }
}

#[test]
fn a_schema_that_only_warns_is_told_and_stops_nothing() {
    let schema = json!({"type": "deal.won", "validation": "warn", "schema": {"required": ["owner"]}});
    let schema = Changes { event_types: vec![Change::Put(event_type::read(&schema).unwrap())], ..Changes::default() };
    let explanation = explained(&snapshot().with(schema, 1), &event(&json!({"amount": 500})), &CIRCUMSTANCES);
    assert_eq!(explanation["schema"]["verdict"], "mismatch");
    assert_eq!(explanation["schema"]["errors"][0]["pointer"], "/data");
    assert_eq!(verdicts(&explanation)[0], ("all", "delivers"));
}

#[test]
fn ends_when_its_time_is_over() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    let asked = std::cell::Cell::new(0);
    let elapsed = || {
        asked.set(asked.get() + 1);
        Duration::from_secs(asked.get())
    };
    let circumstances = Circumstances { budget: Duration::from_secs(5), ..CIRCUMSTANCES };
    let explanation = explain(&snapshot, &event, None, &circumstances, elapsed);
    assert!(explanation.truncated);
    assert!(explanation.subscriptions.len() < 7);
}

#[test]
fn one_that_is_asked_about_is_answered_whatever_the_others_cost() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    for (name, outcome) in [("all", Outcome::Delivers), ("small", Outcome::Filtered), ("paused", Outcome::Paused)] {
        let only = snapshot.of_tenant(&event.envelope.tenant).iter().find(|one| one.name.as_str() == name);
        let asked = std::cell::Cell::new(0);
        let elapsed = || Duration::from_mins(asked.replace(asked.get() + 5));
        let explanation = explain(&snapshot, &event, only, &CIRCUMSTANCES, elapsed);
        assert!(explanation.truncated, "the others were not asked");
        let [explained] = explanation.subscriptions.as_slice() else { panic!("{name} is explained") };
        assert_eq!((explained.subscription.name.as_str(), explained.outcome), (name, outcome));
    }
}

#[test]
fn a_filter_is_slow_that_is_so_three_times_in_a_row() {
    let (snapshot, event) = (snapshot(), event(&json!({"amount": 500})));
    let big = snapshot.of_tenant(&event.envelope.tenant).iter().find(|one| one.name.as_str() == "big").unwrap();
    let facts = Facts::new(&event.envelope, &event.data);
    // How long each evaluation takes, in milliseconds; later ones take none.
    for (takes, is_slow) in [([9, 9, 9], true), ([9, 9, 0], false), ([9, 0, 9], false), ([0, 9, 9], false)] {
        let asked = std::cell::Cell::new(0_usize);
        let elapsed = || {
            let number = asked.replace(asked.get() + 1);
            Duration::from_millis(takes.iter().take(number.div_ceil(2)).sum())
        };
        assert_eq!(timed(big.filter.as_ref().unwrap(), &facts, elapsed), (Verdict::Match, is_slow), "{takes:?}");
    }
}
