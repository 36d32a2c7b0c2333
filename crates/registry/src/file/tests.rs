//! Files that are accepted, files that are refused and what people are told.

use std::{fmt::Write as _, time::Duration};

use super::*;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A file of one subscription: the least that is accepted, and `more` lines of it.
fn minimal(more: &str) -> String {
    format!(
        "subscriptions:
  - name: a
    events: [deal.won]
    destination: {{url: 'https://hooks.example.com/crm?key=confidential'}}
    signing: {{secret: {SECRET}}}
{more}"
    )
}

fn refused(text: &str) -> String {
    parse(text, false).unwrap_err().to_string()
}

#[test]
fn the_least_gets_every_default() {
    let read = parse(&minimal(""), false).unwrap();
    let [subscription] = read.as_slice() else { panic!("one subscription") };
    assert_eq!(subscription.name.as_str(), "a");
    assert_eq!(subscription.tenant.as_str(), "default");
    assert_eq!(subscription.destination.timeout(), Duration::from_secs(15));
    assert_eq!(subscription.policy, crate::Policy::default());
}

#[test]
fn every_setting_is_read() {
    let text = format!(
        "subscriptions:
  - name: a
    tenant: acme
    events: ['deal.*', 'lead.#']
    destination: {{url: 'http://127.0.0.1/', timeout: 2s 500ms}}
    signing: {{scheme: standard, secrets: [{SECRET}, {SECRET}]}}
    delivery: {{max_in_flight: 3, retry: {{schedule: [1s, 2m], permanent: [404, 410]}}}}"
    );
    let subscription = parse(&text, true).unwrap().remove(0);
    assert_eq!(subscription.tenant.as_str(), "acme");
    assert_eq!(subscription.patterns.iter().count(), 2);
    assert_eq!(subscription.destination.timeout(), Duration::from_millis(2_500));
    assert_eq!(subscription.policy.max_in_flight(), 3);
    assert_eq!(subscription.policy.schedule().delays(), [Duration::from_secs(1), Duration::from_mins(2)]);
    assert!(subscription.policy.permanent().contains(&404));
}

#[test]
fn printing_a_subscription_shows_no_secret() {
    let printed = format!("{:?}", parse(&minimal(""), false).unwrap());
    assert!(printed.contains("hooks.example.com"));
    assert!(!printed.contains("confidential"), "{printed}");
    assert!(!printed.contains("MDEy"), "{printed}");
}

#[test]
fn no_subscriptions_must_be_said() {
    assert!(parse("subscriptions: []", false).unwrap().is_empty());
    assert_eq!(refused(" \n"), "is empty: for no subscriptions write subscriptions: []");
    assert_eq!(refused("{}"), "line 1, column 1: subscriptions: is missing: add it");
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "subscriptions:
  - name: a b
    tenant: 42
    events: [Deal.won, deal.won, 'deal#']
    destination: {url: 'ftp://secret.example.com/', timeout: 15}
    signing: {secret: hunter2}
    delivery: {max_in_flight: 0, retry: {schedule: [1s, soon]}}
  - {}
";
    let told = refused(text);
    let paths = [
        "subscriptions[0].name",
        "subscriptions[0].tenant",
        "subscriptions[0].events[0]",
        "subscriptions[0].events[2]",
        "subscriptions[0].destination.timeout",
        "subscriptions[0].destination.url",
        "subscriptions[0].signing.secret",
        "subscriptions[0].delivery.max_in_flight",
        "subscriptions[0].delivery.retry.schedule[1]",
        "subscriptions[1].name",
        "subscriptions[1].events",
        "subscriptions[1].destination",
        "subscriptions[1].signing.secret",
    ];
    let told_paths: Vec<_> = told.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(told_paths, paths, "{told}");
    assert!(!told.contains("hunter2") && !told.contains("secret.example"), "{told}");
}

#[test]
fn a_problem_names_its_line_and_column() {
    let told = refused(&minimal("    delivery: {max_in_flight: 500}"));
    assert_eq!(told, "line 6, column 31: subscriptions[0].delivery.max_in_flight: max_in_flight is 500: give 1 to 256");
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    for (more, path) in [
        ("    delivery: {ordered: strict}", "delivery.ordered"),
        ("    delivery: {rate_limit: {per_second: 1}}", "delivery.rate_limit"),
    ] {
        let told = refused(&minimal(more));
        let expected = format!("subscriptions[0].{path}: is not supported by this version of barid: remove it");
        assert!(told.ends_with(&expected), "{told}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_those_there_are() {
    let told = refused(&minimal("    delivery: {retries: 3}"));
    let expected = "line 6, column 16: subscriptions[0].delivery.retries: is no key of this format: use max_in_flight, success, retry";
    assert_eq!(told, expected);
}

#[test]
fn a_key_given_twice_is_refused() {
    assert!(refused(&minimal("    name: b")).ends_with("subscriptions[0].name: is there twice: remove one"));
}

#[test]
fn a_missing_secret_comes_with_a_way_to_make_one() {
    let advice = "subscriptions[0].signing.secret: is missing: make one with: echo whsec_$(openssl rand -base64 32)";
    let without = minimal("").replace(&format!("    signing: {{secret: {SECRET}}}\n"), "");
    assert!(refused(&without).ends_with(advice));
    let told = refused(&minimal("").replace(&format!("secret: {SECRET}"), "scheme: standard"));
    assert!(told.ends_with(advice), "{told}");
}

#[test]
fn one_secret_and_several_are_not_given_together() {
    let told = refused(&minimal("").replace("{secret", &format!("{{secrets: [{SECRET}], secret")));
    assert!(told.contains("subscriptions[0].signing.secrets: is there beside secret"), "{told}");
}

#[test]
fn a_name_is_unique_within_its_tenant() {
    let twice = format!("{}{}", minimal(""), minimal("").replace("subscriptions:\n", ""));
    let told = refused(&twice);
    assert!(
        told.ends_with("subscriptions[1]: has the name a as subscriptions[0] has in the same tenant: rename one"),
        "{told}"
    );
    let other = format!("{}{}", minimal(""), minimal("    tenant: other").replace("subscriptions:\n", ""));
    assert_eq!(parse(&other, false).unwrap().len(), 2);
}

#[test]
fn aliases_and_merges_are_read() {
    let text = format!(
        "{}  - <<: *all\n    name: b\n    delivery: *slow\n",
        minimal("    delivery: &slow {max_in_flight: 2}\n").replace("- name", "- &all\n    name")
    );
    let read = parse(&text, false).unwrap();
    assert_eq!(read[1].name.as_str(), "b");
    assert_eq!(read[1].policy.max_in_flight(), 2);
}

#[test]
fn no_yaml_is_refused_at_its_line_and_without_quoting_it() {
    let told = refused(&minimal("    delivery: {retry: [confidential"));
    assert!(told.starts_with("line "), "{told}");
    assert!(!told.contains("confidential") && !told.contains("whsec_"), "{told}");
    assert!(refused("subscriptions: []\n---\nsubscriptions: []\n").contains("document"));
}

#[test]
fn a_pattern_without_its_quotes_comes_with_the_advice_to_quote() {
    for text in ["events: [*]", "events: [#, a]"] {
        let told = refused(text);
        assert!(told.starts_with("line 1, column 1"), "{told}");
        assert!(told.ends_with("(text with * or # needs quotes)"), "{told}");
        assert_eq!(told.matches("line").count(), 1, "{told}");
    }
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    // Ten levels of ten references each: ten thousand million values.
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let references = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{references}]").unwrap();
    }
    let told = refused(&text);
    assert!(told.contains("is no YAML that can be read"), "{told}");
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "- ".repeat(200)] {
        let told = refused(&text);
        assert!(told.contains("is no YAML that can be read"), "{told}");
    }
}

#[test]
fn a_file_too_large_is_refused() {
    let told = refused(&" ".repeat(MAX_BYTES + 1));
    assert_eq!(told, "has 16777217 bytes: give at most 16777216, or keep subscriptions in a store");
}

#[test]
fn a_large_file_is_read() {
    let item = minimal("").replace("subscriptions:\n", "");
    let mut text = "subscriptions:\n".to_owned();
    for number in 0..2_000 {
        text += &item.replace("name: a", &format!("name: s{number}"));
    }
    assert_eq!(parse(&text, false).unwrap().len(), 2_000);
}

#[test]
fn what_is_written_is_read_again() {
    let value =
        serde_json::json!({"events": ["#", "deal.*"], "port": 8080, "on": "yes", "retry": {"schedule": ["5s"]}});
    assert_eq!(super::read(&super::write(&value)).unwrap(), value);
}

#[test]
fn a_file_as_it_is_keeps_to_the_limits() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n";
    assert!(super::read(bomb).is_err());
    assert!(super::read("[").is_err());
}
