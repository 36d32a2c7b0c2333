//! Documents of sources: read, written and patched.

use serde_json::{Value, json};

use super::*;
use crate::{document::Secrets, problem::Problem};

const PRESET: &str = r"
name: hook
title: A hook
verification:
  scheme: hmac
  algorithm: sha256
  signature: {header: x-signature, encoding: hex}
  signed: '{body}'
kind: = payload.type
id: = payload.id
mapping:
  - when: kind == 'contact'
    type: contact.created
    subject: = 'contact/' + payload.id
    data: {id: = payload.id, email: = payload.mail, tags: [inbound, = payload.tag], score: 1}
  - type: hook.received
sample: {body: '{}', type: hook.received}
";

fn presets() -> Presets {
    Presets::read([PRESET]).unwrap()
}

fn reading(presets: &Presets) -> SourceReading<'_> {
    SourceReading { presets, tenant: None, current: None }
}

fn least() -> Value {
    json!({"name": "forms", "preset": "hook", "secret": "shared secret"})
}

fn with(changes: &Value) -> Result<SourceSettings, Vec<String>> {
    let mut document = least();
    for (key, value) in changes.as_object().unwrap() {
        document[key] = value.clone();
    }
    let presets = presets();
    read(&document, &reading(&presets))
        .map_err(|problems| problems.listed().iter().map(Problem::pointer).map(ToOwned::to_owned).collect())
}

#[test]
fn the_least_is_a_name_a_preset_and_a_secret() {
    let read = with(&json!({})).unwrap();
    assert_eq!((read.tenant.as_str(), read.enabled, read.keep_raw), ("default", true, false));
    assert_eq!(read.mapping, presets().get("hook").unwrap().mapping);
}

#[test]
fn every_problem_points_at_its_value() {
    let wrong = json!({
        "preset": "none", "secret": "short", "public_url": "https://a.example/?x", "on_invalid": "x", "kind": "= nothing",
        "rate_limit": {"per_second": 0}, "dedup_window": "30days", "enabled": "yes", "more": 1,
    });
    let told = with(&wrong).unwrap_err();
    let expected = [
        "/more",
        "/preset",
        "/kind",
        "/secret",
        "/public_url",
        "/on_invalid",
        "/rate_limit/per_second",
        "/dedup_window",
        "/enabled",
    ];
    assert_eq!(told, expected);
    assert_eq!(with(&json!({"verification": {"scheme": "url-secret"}})).unwrap().verification, Verification::Token);
}

#[test]
fn what_is_written_is_read_back() {
    let presets = presets();
    let changes = json!({
        "secrets": ["a long secret of many", {"secret": "another one", "until": "2027-01-01T00:00:00Z"}],
        "secret": null, "verification": {"signature": {"prefix": "v1="}}, "items": "/list/*", "verify_token": "verify me",
        "mapping": [{"type": "hook.own", "template": "{\"a\": {{ payload.a }}}"}], "on_invalid": "dead_letter",
        "rate_limit": {"per_second": 5}, "keep_raw": true, "public_url": "https://a.example/in/st_x",
    });
    let mut document = least();
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    document.as_object_mut().unwrap().remove("secret");
    let settings = read(&document, &reading(&presets)).unwrap();
    assert_eq!(read(&write(&settings, Secrets::Shown), &reading(&presets)).unwrap(), settings);
    let masked = write(&settings, Secrets::Masked).to_string();
    for secret in ["a long", "another", "verify me", "st_x"] {
        assert!(!masked.contains(secret), "{masked}");
    }
}

#[test]
fn patches_what_it_names_and_keeps_the_secret() {
    let presets = presets();
    let current = with(&json!({})).unwrap();
    let changed = patch(&current, &json!({"keep_raw": true}), &reading(&presets)).unwrap();
    assert_eq!((changed.keep_raw, &changed.secrets), (true, &current.secrets));
    let rotated = patch(&current, &json!({"secrets": ["the new secret"]}), &reading(&presets)).unwrap();
    assert_eq!(rotated.secrets[0].secret.expose(), "the new secret");
    let renamed = patch(&current, &json!({"name": "other"}), &reading(&presets)).unwrap_err();
    assert_eq!(renamed.listed()[0].pointer(), "/name");
}

#[test]
fn regression_a_patch_with_null_takes_secrets_out() {
    let presets = presets();
    let both = json!(["a long secret of many", "another long one"]);
    let current = with(&json!({"verify_token": "verify me"})).unwrap();
    let mut several = patch(&current, &json!({"secrets": both}), &reading(&presets)).unwrap();
    let changed = patch(&current, &json!({"verify_token": null}), &reading(&presets)).unwrap();
    assert_eq!((changed.verify_token, &changed.secrets), (None, &current.secrets));
    for (current, key) in [(&current, "secret"), (&several, "secrets")] {
        let refused = patch(current, &json!({key: null}), &reading(&presets)).unwrap_err();
        assert_eq!(refused.listed()[0].pointer(), "/secret", "{key} is needed");
        let open = json!({key: null, "verification": {"scheme": "url-secret"}});
        assert_eq!(patch(current, &open, &reading(&presets)).unwrap().secrets, []);
    }
    several = patch(&several, &json!({"secrets": null, "secret": "the only secret"}), &reading(&presets)).unwrap();
    assert_eq!(several.secrets.len(), 1);
}

#[test]
fn regression_of_a_public_url_only_the_origin_is_shown() {
    for url in ["https://a.example:8443/in/st_x", "https://a.example:8443/st_x/", "https://a.example:8443/in/st_x/more"]
    {
        let masked = write(&with(&json!({"public_url": url})).unwrap(), Secrets::Masked);
        assert_eq!(masked["public_url"], "https://a.example:8443/…");
    }
    for user in ["user", "user:word", ":word"] {
        let told = with(&json!({"public_url": format!("https://{user}@a.example/in/st_x")})).unwrap_err();
        assert_eq!(told, ["/public_url"], "{user}");
    }
}

#[test]
fn only_who_owns_the_installation_chooses_tenants() {
    let presets = presets();
    let own = "acme".parse().unwrap();
    let mut document = least();
    document["mapping"] = json!([{"type": "a.b", "tenant": "= payload.account"}]);
    assert!(read(&document, &reading(&presets)).is_ok());
    let refused = read(&document, &SourceReading { tenant: Some(&own), ..reading(&presets) }).unwrap_err();
    assert_eq!(refused.listed()[0].pointer(), "/mapping/0/tenant");
}

#[test]
fn maps_by_the_first_rule_that_fits() {
    let settings = with(&json!({})).unwrap();
    let (payload, kind) = (json!({"id": "7", "mail": null}), json!("contact"));
    let mapped = settings.mapping.apply(&[("payload", &payload), ("kind", &kind)]).unwrap();
    assert_eq!((mapped.event_type.as_str(), mapped.subject.as_deref()), ("contact.created", Some("contact/7")));
    assert_eq!(mapped.data, json!({"id": "7", "tags": ["inbound"], "score": 1}));
    let other = json!("x");
    let mapped = settings.mapping.apply(&[("payload", &payload), ("kind", &other)]).unwrap();
    assert_eq!((mapped.event_type.as_str(), mapped.data), ("hook.received", payload));
}

#[test]
fn maps_by_a_template() {
    let settings =
        with(&json!({"mapping": [{"type": "a.b", "template": "{\"mail\": {{ payload.mail|lower }}}"}]})).unwrap();
    let payload = json!({"mail": "Ada@Example.com"});
    assert_eq!(settings.mapping.apply(&[("payload", &payload)]).unwrap().data, json!({"mail": "ada@example.com"}));
    let missing = settings.mapping.apply(&[("payload", &json!({}))]);
    assert!(matches!(missing, Err(Unmapped::Template(_))));
}

#[test]
fn old_secrets_count_beside_a_new_one_until_the_overlap_ends() {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    let (now, hour) = (DateTime::<Utc>::UNIX_EPOCH, Duration::from_hours(1));
    let secret = |number: u32| format!("secret number {number}").parse::<SecretText>().unwrap();
    let (first, until) = (with(&json!({})).unwrap(), now + TimeDelta::hours(1));
    let ends = |settings: &SourceSettings| settings.secrets.iter().map(|secret| secret.until).collect::<Vec<_>>();
    let second = first.rotated(secret(2), hour, now).unwrap();
    assert_eq!(ends(&second), [None, Some(until)]);
    let third = second.rotated(secret(3), 2 * hour, now).unwrap();
    assert_eq!(
        ends(&third),
        [None, Some(now + TimeDelta::hours(2)), Some(until)],
        "none ends later than it would have"
    );
    assert_eq!(ends(&third.rotated(secret(4), Duration::ZERO, now).unwrap()), [None]);
    let full = third.rotated(secret(4), hour, now).unwrap();
    assert_eq!(full.rotated(secret(5), hour, now), Err(TooManySecrets));
    assert!(full.rotated(secret(5), hour, until + TimeDelta::seconds(1)).is_ok(), "those that have ended are left out");
}
