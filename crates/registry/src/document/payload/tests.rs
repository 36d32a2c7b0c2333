//! Payloads as documents, canonical and refused.

use serde_json::{Value, json};

use crate::{
    document::{self, Reading, Secrets},
    problem::Problems,
    settings::Settings,
};

fn read(payload: &Value) -> Result<Settings, Problems> {
    let document = json!({
        "name": "a", "events": ["deal.won"], "payload": payload,
        "destination": {"url": "https://hooks.example.com/"},
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    document::read(&document, &Reading::default())
}

fn written(settings: &Settings) -> Value {
    document::write(settings, Secrets::Shown)["payload"].clone()
}

fn refused(payload: &Value) -> Vec<(String, String)> {
    let problems = read(payload).unwrap_err();
    problems.listed().iter().map(|problem| (problem.pointer().to_owned(), problem.message.clone())).collect()
}

#[test]
fn the_canonical_form_is_read_as_the_same() {
    for payload in [
        json!({"envelope": "standard", "encoding": "json"}),
        json!({"envelope": "none", "encoding": "form", "fields": ["id", "lines.sku"], "exclude": ["owner.email"]}),
        json!({"envelope": "cloudevents", "encoding": "json", "redact": {"iban": "hash", "owner.email": "mask"}}),
        json!({"template": "{\"text\": {{ data.name }}}", "content_type": "application/json"}),
        json!({"template": "<a>{{ id }}</a>", "content_type": "text/xml; charset=utf-8", "fields": ["name"]}),
    ] {
        assert_eq!(written(&read(&payload).unwrap()), payload);
    }
}

#[test]
fn says_the_defaults() {
    assert_eq!(written(&read(&json!({})).unwrap()), json!({"envelope": "standard", "encoding": "json"}));
    let template = written(&read(&json!({"template": "x"})).unwrap());
    assert_eq!(template, json!({"template": "x", "content_type": "application/json"}));
}

#[test]
fn points_at_everything_that_is_wrong() {
    let payload = json!({
        "envelope": "soap", "encoding": "yaml", "fields": ["a..b", 7], "exclude": "a",
        "redact": {"a": "blur", "b.": "mask"}, "shape": 1, "content_type": "text/plain",
    });
    let pointers: Vec<_> = refused(&payload).into_iter().map(|(pointer, _)| pointer).collect();
    let expected = [
        "/payload/shape",
        "/payload/fields/0",
        "/payload/fields/1",
        "/payload/exclude",
        "/payload/redact/a",
        "/payload/redact/b.",
        "/payload/content_type",
        "/payload/encoding",
        "/payload/envelope",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn refuses_what_does_not_go_together() {
    let structured = refused(&json!({"envelope": "cloudevents", "encoding": "xml"}));
    assert_eq!(structured[0].0, "/payload/encoding");
    let both = refused(&json!({"template": "x", "envelope": "none", "encoding": "xml"}));
    assert_eq!(
        both.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(),
        ["/payload/envelope", "/payload/encoding"]
    );
    assert_eq!(refused(&json!({"fields": []}))[0].0, "/payload/fields");
    let template = refused(&json!({"template": "{{ secret }}"}));
    assert_eq!(template[0].0, "/payload/template");
    assert!(template[0].1.starts_with("uses secret, which is not there: use id, type"), "{template:?}");
}

#[test]
fn a_patch_changes_between_template_and_envelope() {
    let change = |settings: &Settings, change: Value| {
        document::patch(settings, &json!({"payload": change}), &Reading::default()).unwrap()
    };
    let plain = read(&json!({"redact": {"email": "mask"}})).unwrap();
    let template = change(&plain, json!({"template": "x", "content_type": "text/plain"}));
    let expected = json!({"template": "x", "content_type": "text/plain", "redact": {"email": "mask"}});
    assert_eq!(written(&template), expected);
    let xml = change(&template, json!({"encoding": "xml", "redact": null}));
    assert_eq!(written(&xml), json!({"envelope": "standard", "encoding": "xml"}));
    assert_eq!(change(&xml, json!(null)).payload, read(&json!({})).unwrap().payload);
}
