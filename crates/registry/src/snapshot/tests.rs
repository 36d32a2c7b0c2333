//! The index against an oracle that asks every pattern of every subscription.

use barid_event::Pattern;
use barid_signature::{Secret, Signer};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{Destination, Patterns, Policy, Quotas, Timeout, Validation};

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
        filter: None,
        payload: Arc::default(),
        destination: Destination::new("https://example.com/", Timeout::default(), false).unwrap(),
        origin: None,
        signer: Signer::from(secret),
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
fn is_certain_of_absence_only_where_nothing_speaks_against_it() {
    let there = subscription(1, "acme", &["#".into()]);
    let id = there.id.as_str().to_owned();
    let file = Snapshot::compile(vec![there.clone()], None).unwrap();
    assert_eq!((file.absent_at(&id), file.absent_at("sub_other")), (None, None));
    let store = Snapshot::compile(vec![there], Some(7)).unwrap().beside(HashSet::from(["sub_lost".into()]));
    assert_eq!(
        (store.absent_at(&id), store.absent_at("sub_lost"), store.absent_at("sub_other")),
        (None, None, Some(7))
    );
    let later = store.with(Changes::default(), 8);
    assert_eq!((later.absent_at("sub_lost"), later.beside(HashSet::new()).absent_at("sub_lost")), (None, Some(8)));
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

fn put(subscription: Subscription) -> Changes {
    Changes { subscriptions: vec![Change::Put(subscription)], ..Changes::default() }
}

#[test]
fn a_change_shares_the_indexes_of_other_tenants() {
    let tenants = ["acme", "other", "third"].map(|tenant| subscription(1, tenant, &["#".into()]));
    let before = Snapshot::compile(tenants.into(), Some(1)).unwrap();
    let after = before.with(put(subscription(2, "acme", &["#".into()])), 2);
    let index = |snapshot: &Snapshot, tenant| Arc::clone(snapshot.by_tenant.get(tenant).unwrap());
    assert!(Arc::ptr_eq(&index(&before, "other"), &index(&after, "other")));
    assert!(!Arc::ptr_eq(&index(&before, "acme"), &index(&after, "acme")));
    assert_eq!(after.by_id.shared(&before.by_id), 255);
    assert!(Arc::ptr_eq(&before.own_lanes, &after.own_lanes));
    assert_eq!((before.len(), after.len(), before.revision(), after.revision()), (3, 4, Some(1), Some(2)));
}

#[test]
fn every_tenant_is_known_until_one_is_registered() {
    let [acme, other]: [Tenant; 2] = ["acme", "other"].map(|tenant| tenant.parse().unwrap());
    let snapshot = Snapshot::default();
    assert!(snapshot.knows_tenant(&acme) && snapshot.tenant(&acme).is_none());
    let settings = TenantSettings { id: acme.clone(), title: None, quotas: Quotas::default(), revision: 3 };
    let snapshot = snapshot.with(Changes { tenants: vec![Change::Put(settings)], ..Changes::default() }, 3);
    assert!(snapshot.knows_tenant(&acme) && !snapshot.knows_tenant(&other));
    assert_eq!(snapshot.digest(), Digest { count: 1, sum: 3 });
    let snapshot = snapshot.with(Changes { tenants: vec![Change::Removed(acme)], ..Changes::default() }, 4);
    assert!(snapshot.knows_tenant(&other));
}

/// A step of a history: which subscription, tenant or event type, and what becomes of it.
#[derive(Clone, Debug)]
enum Happening {
    Subscription(usize, &'static str, Option<(Vec<String>, OwnLane)>),
    Tenant(&'static str, bool),
    EventType(&'static str, bool),
}

fn happenings() -> impl Strategy<Value = Happening> {
    let tenants = || select(vec!["acme", "other"]);
    let lanes = select(vec![OwnLane::None, OwnLane::None, OwnLane::Open, OwnLane::Retiring, OwnLane::Closing]);
    let said = proptest::option::weighted(0.7, (vec(patterns(), 1..3), lanes));
    prop_oneof![
        4 => (0..6_usize, tenants(), said).prop_map(|(number, tenant, said)| Happening::Subscription(number, tenant, said)),
        1 => (tenants(), any::<bool>()).prop_map(|(tenant, is_there)| Happening::Tenant(tenant, is_there)),
        1 => (select(vec!["a", "a.b"]), any::<bool>()).prop_map(|(name, is_there)| Happening::EventType(name, is_there)),
    ]
}

fn change(happening: &Happening, revision: u64) -> Changes {
    let mut changes = Changes::default();
    match happening {
        Happening::Subscription(number, tenant, said) => {
            let (patterns, lane) = said.clone().unwrap_or_else(|| (vec!["#".into()], OwnLane::None));
            let subscription = Subscription { lane, revision, ..subscription(*number, tenant, &patterns) };
            changes.subscriptions.push(match said {
                Some(_) => Change::Put(subscription),
                None => Change::Removed(subscription.id),
            });
        }
        Happening::Tenant(tenant, is_there) => {
            let id: Tenant = tenant.parse().unwrap();
            changes.tenants.push(match is_there {
                true => Change::Put(TenantSettings { id, title: None, quotas: Quotas::default(), revision }),
                false => Change::Removed(id),
            });
        }
        Happening::EventType(name, is_there) => {
            let event_type: EventType = name.parse().unwrap();
            let validation = Validation::Off;
            let (description, schema, example) = (String::new(), None, None);
            changes.event_types.push(match is_there {
                true => {
                    Change::Put(EventTypeSettings { event_type, description, schema, example, validation, revision })
                }
                false => Change::Removed(event_type),
            });
        }
    }
    changes
}

/// What is there at the end of a history, compiled at once.
fn end_state(history: &[Changes]) -> Snapshot {
    let (mut subscriptions, mut tenants, mut types) = (HashMap::new(), HashMap::new(), HashMap::new());
    for changes in history.iter().cloned() {
        for change in changes.subscriptions {
            match change {
                Change::Put(subscription) => _ = subscriptions.insert(subscription.id.clone(), subscription),
                Change::Removed(id) => _ = subscriptions.remove(&id),
            }
        }
        for change in changes.tenants {
            match change {
                Change::Put(tenant) => _ = tenants.insert(tenant.id.clone(), tenant),
                Change::Removed(id) => _ = tenants.remove(&id),
            }
        }
        for change in changes.event_types {
            match change {
                Change::Put(settings) => _ = types.insert(settings.event_type.clone(), settings),
                Change::Removed(id) => _ = types.remove(&id),
            }
        }
    }
    let changes = Changes {
        subscriptions: subscriptions.into_values().map(Change::Put).collect(),
        tenants: tenants.into_values().map(Change::Put).collect(),
        event_types: types.into_values().map(Change::Put).collect(),
    };
    Snapshot::default().with(changes, u64::try_from(history.len()).unwrap())
}

proptest! {
    #[test]
    fn changes_one_by_one_end_where_one_compilation_begins(
        happenings in vec(happenings(), 0..30),
        event_types in vec(event_types(), 1..5),
    ) {
        let history: Vec<_> = (1..).zip(&happenings).map(|(revision, happening)| change(happening, revision)).collect();
        let changed = (1..).zip(history.iter().cloned());
        let changed = changed.fold(Snapshot::default(), |before, (revision, changes)| before.with(changes, revision));
        let compiled = end_state(&history);
        prop_assert_eq!(changed.digest(), compiled.digest());
        prop_assert_eq!((changed.len(), changed.tenants()), (compiled.len(), compiled.tenants()));
        prop_assert_eq!(names(changed.own_lanes()), names(compiled.own_lanes()));
        for subscription in compiled.iter() {
            let found = changed.get(subscription.id.as_str()).unwrap();
            prop_assert!(found.same_settings(subscription) && found.revision == subscription.revision);
        }
        let mut scratch = Scratch::default();
        for tenant in ["acme", "other", "nobody"] {
            let tenant: Tenant = tenant.parse().unwrap();
            prop_assert_eq!(changed.tenant(&tenant), compiled.tenant(&tenant));
            prop_assert_eq!(changed.knows_tenant(&tenant), compiled.knows_tenant(&tenant));
            for event_type in &event_types {
                let event_type = event_type.parse().unwrap();
                let ids = |snapshot: &Snapshot, scratch: &mut Scratch| {
                    snapshot.matching(&tenant, &event_type, scratch).map(|it| it.id.clone()).collect::<Vec<_>>()
                };
                // In the same order too: equal states give equal trees, however they were reached.
                prop_assert_eq!(ids(&changed, &mut scratch), ids(&compiled, &mut scratch));
                prop_assert_eq!(changed.event_type(&event_type), compiled.event_type(&event_type));
            }
        }
    }
}
