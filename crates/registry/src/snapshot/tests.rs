//! The index against an oracle that asks every pattern of every subscription.

use barid_event::Pattern;
use barid_signature::{Secret, Signer};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{Destination, OwnLane, Patterns, Policy, Timeout};

fn subscription(number: usize, tenant: &str, patterns: &[String]) -> Subscription {
    let tenant = tenant.parse().unwrap();
    let name = format!("s{number}").parse().unwrap();
    let patterns: Vec<Pattern> = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
    let secret: Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".parse().unwrap();
    Subscription {
        id: SubscriptionId::derive(&tenant, &name),
        name,
        tenant,
        patterns: Patterns::new(patterns).unwrap(),
        destination: Destination::new("https://example.com/", Timeout::default(), false).unwrap(),
        signer: Signer::new([secret.into()]).unwrap(),
        policy: Policy::default(),
        paused: false,
        lane: OwnLane::None,
        revision: 0,
    }
}

fn names<'a>(subscriptions: impl Iterator<Item = &'a Arc<Subscription>>) -> Vec<&'a str> {
    let mut names: Vec<_> = subscriptions.map(|subscription| subscription.name.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn finds_a_subscription_by_its_identifier() {
    let subscription = subscription(1, "acme", &["#".into()]);
    let id = subscription.id.clone();
    let snapshot = Snapshot::compile(vec![subscription], Some(7)).unwrap();
    assert_eq!(snapshot.get(id.as_str()).unwrap().name.as_str(), "s1");
    assert!(snapshot.get("sub_other").is_none());
    assert_eq!((snapshot.len(), snapshot.revision()), (1, Some(7)));
}

#[test]
fn refuses_an_identifier_given_twice() {
    let [one, other] = ["a", "b"].map(|pattern| subscription(1, "acme", &[pattern.into()]));
    let id = one.id.clone();
    assert_eq!(Snapshot::compile(vec![one, other], None).unwrap_err(), DuplicateId(id));
}

#[test]
fn an_empty_snapshot_matches_nothing_whatever_was_found_before() {
    let full = Snapshot::compile(vec![subscription(1, "acme", &["#".into()])], None).unwrap();
    let (tenant, event_type) = ("acme".parse().unwrap(), "deal.won".parse().unwrap());
    let mut scratch = Scratch::default();
    assert_eq!(full.matching(&tenant, &event_type, &mut scratch).len(), 1);
    assert_eq!(Snapshot::default().matching(&tenant, &event_type, &mut scratch).len(), 0);
}

/// Patterns of few words, so that they meet, and of many `*` and `#`.
fn patterns() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "*", "*", "#", "#"]), 1..7).prop_map(|words| words.join("."))
}

fn event_types() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "c"]), 1..7).prop_map(|words| words.join("."))
}

proptest! {
    #[test]
    fn matches_what_asking_every_pattern_matches(
        registered in vec((select(vec!["acme", "other"]), vec(patterns(), 1..5)), 0..20),
        event_types in vec(event_types(), 1..10),
    ) {
        let subscriptions = registered.iter().enumerate();
        let subscriptions = subscriptions.map(|(number, (tenant, patterns))| subscription(number, tenant, patterns)).collect();
        let snapshot = Snapshot::compile(subscriptions, None).unwrap();
        let mut scratch = Scratch::default();
        for event_type in event_types {
            let event_type = event_type.parse().unwrap();
            for tenant in ["acme", "other", "nobody"] {
                let tenant: Tenant = tenant.parse().unwrap();
                let wanted = |subscription: &&Arc<Subscription>| {
                    subscription.tenant == tenant && subscription.patterns.iter().any(|pattern| pattern.matches(&event_type))
                };
                let expected = names(snapshot.iter().filter(wanted));
                prop_assert_eq!(names(snapshot.matching(&tenant, &event_type, &mut scratch)), expected);
            }
        }
    }
}
