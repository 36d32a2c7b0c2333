//! Documents that come back as they were, patches, and secrets that do not show.

use std::{sync::Arc, time::Duration};

use barid_event::Pattern;
use barid_signature::{Scheme, Secret};
use chrono::DateTime;
use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use serde_json::json;

use self::signing::other_schemes;
use super::*;
use crate::{Destination, Patterns, Policy, Schedule, SigningScheme, SigningSecret, Timeout};

mod signing;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn minimal() -> Value {
    json!({
        "name": "a",
        "events": ["deal.won"],
        "destination": {"url": "https://hooks.example.com/T0/confidential?key=hidden"},
        "signing": {"secret": SECRET},
    })
}

fn accepted(document: &Value) -> Settings {
    read(document, &Reading::default()).unwrap()
}

fn told(problems: &Problems) -> Vec<(&str, &str)> {
    problems.listed().iter().map(|problem| (problem.pointer(), problem.message.as_str())).collect()
}

fn changed(current: &Settings, change: &Value) -> Result<Settings, Problems> {
    patch(current, change, &Reading::default())
}

#[test]
fn the_canonical_document_says_every_default() {
    let written = write(&accepted(&minimal()), Secrets::Shown);
    let expected = json!({
        "name": "a",
        "tenant": "default",
        "events": ["deal.won"],
        "payload": {"envelope": "standard", "encoding": "json"},
        "destination": {
            "url": "https://hooks.example.com/T0/confidential?key=hidden",
            "method": "POST",
            "auth": {"kind": "none"},
            "timeout": "15s",
        },
        "signing": {"scheme": "standard", "secret": SECRET},
        "delivery": {
            "max_in_flight": 32,
            "success": {"statuses": ["2xx"]},
            "retry": {"schedule": ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "1day"], "permanent": [410]},
        },
    });
    assert_eq!(written, expected);
}

#[test]
fn secrets_that_are_not_named_come_from_the_caller() {
    let mut document = minimal();
    document["signing"] = json!({"scheme": "standard"});
    let fresh = Fresh::generate(|bytes| bytes.fill(1));
    let signing = Signing::from(Secret::generate(|bytes| bytes.fill(2)));
    let created = Reading { fresh: Some(&fresh), ..Reading::default() };
    assert_eq!(read(&document, &created).unwrap().signing, fresh.signing());
    let updated = Reading { signing: Some(&signing), ..created };
    assert_eq!(read(&document, &updated).unwrap().signing, signing);
    assert_ne!(read(&minimal(), &updated).unwrap().signing, signing);
    let refused = read(&document, &Reading::default()).unwrap_err();
    assert_eq!(told(&refused)[0].0, "/signing/secret");
}

#[test]
fn the_tenant_of_the_caller_is_the_only_one_it_may_name() {
    let tenant = "acme".parse().unwrap();
    let reading = Reading { tenant: Some(&tenant), ..Reading::default() };
    let mut document = minimal();
    assert_eq!(read(&document, &reading).unwrap().tenant, tenant);
    document["tenant"] = json!("umbrella");
    let refused = read(&document, &reading).unwrap_err();
    assert_eq!(told(&refused), [("/tenant", "is not yours: leave it out, or use a key of that tenant")]);
}

#[test]
fn a_secret_may_have_an_end() {
    let mut document = minimal();
    document["signing"] = json!({"secrets": [SECRET, {"secret": SECRET, "until": "2026-11-24T13:00:00+01:00"}]});
    let settings = accepted(&document);
    let keys = &settings.signing.schemes()[0].keys;
    assert_eq!(keys[0].until, None);
    assert_eq!(keys[1].until.unwrap().to_rfc3339(), "2026-11-24T12:00:00+00:00");
    document["signing"]["secrets"][1]["until"] = json!("soon");
    let refused = read(&document, &Reading::default()).unwrap_err();
    assert_eq!(told(&refused)[0].0, "/signing/secrets/1/until");
}

#[test]
fn what_is_masked_is_not_taken_for_what_it_hides() {
    let masked = write(&accepted(&minimal()), Secrets::Masked);
    let refused = read(&masked, &Reading::default()).unwrap_err();
    let pointers: Vec<_> = told(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/destination/url", "/signing/secret"]);
}

#[test]
fn a_patch_changes_what_it_names_and_null_is_the_default() {
    let current = accepted(&minimal());
    let patched = changed(&current, &json!({"events": ["lead.#"], "delivery": {"max_in_flight": 3}})).unwrap();
    assert_eq!(patched.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["lead.#"]);
    assert_eq!((patched.policy.max_in_flight(), &patched.signing), (3, &current.signing));
    assert_eq!(changed(&patched, &json!({"events": ["deal.won"], "delivery": null})).unwrap(), current);
}

#[test]
fn a_patch_replaces_secrets_in_either_spelling() {
    let current = accepted(&minimal());
    let fresh = Secret::generate(|bytes| bytes.fill(1)).expose().to_string();
    let two = changed(&current, &json!({"signing": {"secrets": [fresh, SECRET]}})).unwrap();
    assert_eq!(two.signing.schemes()[0].keys.len(), 2);
    assert_eq!(changed(&two, &json!({"signing": {"secret": SECRET}})).unwrap(), current);
    assert_eq!(changed(&two, &json!({"signing": null})).unwrap(), two);
}

#[test]
fn a_patch_changes_neither_name_nor_tenant() {
    let refused = changed(&accepted(&minimal()), &json!({"name": "b", "tenant": "acme"})).unwrap_err();
    let pointers: Vec<_> = told(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/name", "/tenant"]);
}

#[test]
fn a_patch_with_an_unknown_key_is_refused_at_its_place() {
    let refused = changed(&accepted(&minimal()), &json!({"destination": {"uri": "https://example.com/"}})).unwrap_err();
    assert_eq!(
        told(&refused),
        [("/destination/uri", "is no key of this format: use url, method, headers, auth, ca, timeout, verification")]
    );
    assert!(changed(&accepted(&minimal()), &json!([])).is_err());
}

#[test]
fn a_filter_is_read_written_and_removed_by_null() {
    let mut document = minimal();
    document["filter"] = json!("data.a == 1");
    let settings = accepted(&document);
    assert_eq!(write(&settings, Secrets::Masked)["filter"], "data.a == 1");
    let patched = changed(&settings, &json!({"filter": null})).unwrap();
    assert_eq!(patched.filter, None);
    assert_eq!(write(&patched, Secrets::Masked).get("filter"), None);
    let refused = changed(&settings, &json!({"filter": "data.a =="})).unwrap_err();
    let [(pointer, message)] = told(&refused)[..] else { panic!("{refused}") };
    assert_eq!(pointer, "/filter");
    assert!(message.starts_with("filter is no expression at line 1, column "), "{message}");
}

fn settings() -> impl Strategy<Value = Settings> {
    let secret = vec(any::<u8>(), 32).prop_map(|random| Secret::generate(|bytes| bytes.copy_from_slice(&random)));
    let until = (0..4_000_000_000_i64, 0..1_000_000_000_u32);
    let until = option::of(until.prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap()));
    let keys = vec((secret, until).prop_map(|(secret, until)| SigningSecret { key: secret.into(), until }), 1..=8);
    let standard = keys.prop_map(|keys| SigningScheme { scheme: Scheme::Standard, keys });
    let others = subsequence(other_schemes(), 0..=3);
    let signing =
        (standard, others).prop_map(|(standard, others)| Signing::new([standard].into_iter().chain(others)).unwrap());
    let destination = ("[a-z]{1,8}", "[A-Za-z0-9/]{3,30}", "[A-Za-z0-9=&%2F]{3,20}", 1_000..=60_000_u64);
    let destination = destination.prop_map(|(host, path, query, millis)| {
        let timeout = Timeout::try_from(Duration::from_millis(millis)).unwrap();
        Destination::new(&format!("https://{host}.example/~{path}?~{query}"), timeout, false).unwrap()
    });
    let patterns = vec("(deal|lead|[*])[.](won|#|[a-z_]{1,9})", 1..5);
    let patterns = patterns
        .prop_map(|texts| Patterns::new(texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>()).unwrap());
    let horizon = option::of(60..1_209_600_u64);
    let policy = (1..=256_u64, vec(1_000..30_000_000_u64, 0..=32), vec(300..=599_u64, 0..9), horizon);
    let policy = policy.prop_map(|(in_flight, delays, permanent, horizon)| {
        let mut policy = Policy::default();
        policy.set_max_in_flight(in_flight).unwrap();
        policy.set_schedule(Schedule::new(delays.into_iter().map(Duration::from_millis).collect::<Vec<_>>()).unwrap());
        policy.set_permanent(permanent).unwrap();
        if let Some(seconds) = horizon {
            policy.set_horizon(Duration::from_secs(seconds)).unwrap();
        }
        policy
    });
    let filters =
        option::of("data[.]x[a-z]{1,9} == [0-9]{1,9}").prop_map(|source| source.map(|text| text.parse().unwrap()));
    let names = ("[A-Za-z0-9._-]{1,100}", "[a-z0-9_-]{1,64}");
    (names, (patterns, filters), destination, signing, policy).prop_map(
        |((name, tenant), (patterns, filter), destination, signing, policy)| Settings {
            name: name.parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            patterns,
            filter,
            payload: Arc::default(),
            destination,
            verification: None,
            signing,
            policy,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(settings in settings()) {
        let written = write(&settings, Secrets::Shown);
        let again = read(&written, &Reading::default()).unwrap();
        prop_assert_eq!(&again, &settings);
        prop_assert_eq!(write(&again, Secrets::Shown).to_string(), written.to_string());
    }

    #[test]
    fn what_is_masked_and_what_is_printed_hold_no_secret(settings in settings()) {
        let url = settings.destination.url().clone();
        for shown in [write(&settings, Secrets::Masked).to_string(), format!("{settings:?}")] {
            prop_assert!(!shown.contains(url.path()) && !shown.contains(url.query().unwrap()), "{}", shown);
            for secret in settings.signing.schemes().iter().flat_map(|of| &of.keys) {
                prop_assert!(!shown.contains(&secret.key.expose()[6..20]), "{}", shown);
            }
        }
    }

    #[test]
    fn an_empty_patch_changes_nothing(settings in settings()) {
        prop_assert_eq!(changed(&settings, &json!({})).unwrap(), settings);
    }
}
