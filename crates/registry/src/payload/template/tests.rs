//! What templates write, and that hostile ones end early and say why.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

fn made(source: &str, content_type: &str) -> Template {
    Template::new(source, content_type.parse().unwrap()).unwrap()
}

fn refused(source: &str) -> InvalidTemplate {
    Template::new(source, ContentType::default()).unwrap_err()
}

fn event() -> Value {
    json!({
        "id": "e1", "type": "deal.won", "subject": null,
        "data": {"name": "A & \"B\" <i>\u{1}", "lines": [{"sku": "x"}, {"sku": "y"}], "amount": 7},
    })
}

fn written(source: &str, content_type: &str) -> String {
    made(source, content_type).render(event()).unwrap()
}

fn failed(source: &str) -> TemplateFault {
    made(source, "text/plain").render(event()).unwrap_err()
}

#[test]
fn escapes_by_the_media_type() {
    let source = "{{ data.name }}{{ subject }}";
    assert_eq!(written(source, "text/plain"), "A & \"B\" <i>\u{1}");
    assert_eq!(written(source, "text/html"), "A &amp; &quot;B&quot; &lt;i&gt;\u{1}");
    assert_eq!(written(source, "application/soap+xml"), "A &amp; &quot;B&quot; &lt;i&gt;");
    let json =
        written(r#"{"text": {{ data.name }}, "lines": {{ data.lines }}, "on": {{ subject }}}"#, "application/json");
    let expected = json!({"text": event()["data"]["name"], "lines": event()["data"]["lines"], "on": null});
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
}

#[test]
fn has_loops_conditions_and_filters() {
    let source = "{% for line in data.lines %}{{ line.sku|upper }}{% if not loop.last %}, {% endif %}{% endfor %}";
    assert_eq!(written(source, "text/plain"), "X, Y");
    assert_eq!(written("{{ data.owner|default('nobody') }}", "text/plain"), "nobody");
    assert_eq!(written("?name={{ data.name|urlencode }}", "text/plain"), "?name=A%20%26%20%22B%22%20%3Ci%3E%01");
}

#[test]
fn says_where_a_template_is_wrong() {
    assert!(matches!(refused("a\n{% if %}"), InvalidTemplate::Syntax { line: 2, .. }));
    assert_eq!(refused("{{ password }}"), InvalidTemplate::Unknown("password".to_owned()));
    assert_eq!(refused(&"x".repeat(MAX_TEMPLATE_BYTES + 1)), InvalidTemplate::TooLong(65_537));
    let missing = TemplateFault::Failed { line: 2, what: "undefined value".to_owned() };
    assert_eq!(failed("a\n{{ data.missing }}"), missing);
    let quoted = made(r#"{"text": "{{ data.name }}"}"#, "application/json");
    assert_eq!(quoted.render(event()), Err(TemplateFault::NotJson { line: 1 }));
}

#[test]
fn reaches_nothing_but_the_event() {
    for source in ["{% include 'a' %}", "{% import 'a' as a %}", "{% extends 'a' %}", "{{ debug() }}", "{{ env }}"] {
        assert!(Template::new(source, ContentType::default()).is_err(), "{source}");
    }
}

#[test]
fn tells_no_value_of_the_event() {
    for source in ["{{ data.name|int }}", "{{ data.name / 1 }}", "{{ data.name() }}", "{{ data.name|nothing }}"] {
        let told = failed(source).to_string();
        assert!(!told.contains('B'), "{told}");
    }
}

#[test]
fn ends_what_costs_too_much() {
    let doubling = format!("{{% set a = 'xxxxxxxx' %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(60));
    let hostile = [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ range(99999)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ 'a'|indent(999999999) }}",
        "{% set a = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}{% set a = a|replace('a', a) %}\
         {% set a = a|replace('a', a) %}{% set a = a|replace('a', a) %}{% set a = a|replace('a', a) %}{{ a }}",
        &doubling,
    ];
    for source in hostile {
        let template = made(source, "text/plain");
        let started = Instant::now();
        assert!(template.render(event()).is_err(), "{source}");
        assert!(started.elapsed() < Duration::from_secs(2), "{source} took {:?}", started.elapsed());
    }
}

#[test]
fn bounds_the_output_and_the_nesting() {
    let long = failed("{% for a in range(2000) %}{{ '%720d'|format(1) }}{% endfor %}");
    assert_eq!(long, TemplateFault::TooLong(1_440_000));
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000));
    assert!(matches!(refused(&deep), InvalidTemplate::Syntax { .. }));
    let blocks = format!("{}{}", "{% if true %}".repeat(2000), "{% endif %}".repeat(2000));
    assert!(matches!(refused(&blocks), InvalidTemplate::Syntax { .. }));
}
