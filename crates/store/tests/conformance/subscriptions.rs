//! Putting, getting, listing and deleting subscriptions.

use barid_registry::{Problems, Reading, Settings, destination::MAX_PEM_BYTES, document, payload::MAX_TEMPLATE_BYTES};
use barid_store::{Error, Expect, Listing, Outcome, Store};

use serde_json::json;

use crate::world::{PLENTY, SECRET, World, at, put, subscription, subscription_to, tenant_called};

crate::on_both_engines! {
    what_was_put_is_there,
    putting_the_same_again_changes_nothing,
    a_change_has_a_new_revision_and_keeps_the_time_of_creation,
    expectations_are_checked,
    a_deleted_one_is_gone_and_can_come_back,
    a_quota_counts_the_living,
    a_tenant_must_be_registered_once_one_is,
    pages_hold_each_once_in_order,
    one_that_cannot_be_read_is_left_out,
    one_that_could_not_be_read_again_is_refused,
}

async fn what_was_put_is_there(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "big-deals");
    let put = put(&store, &settings).await;
    assert_eq!(put.outcome, Outcome::Created);
    let row = store.subscription(&settings.id()).await.unwrap().unwrap();
    assert_eq!(row.value.settings, settings);
    assert_eq!((row.revision, row.created_at, row.updated_at), (put.revision, at(0), at(0)));
    assert!(!row.value.paused);
    assert!(store.subscription(&subscription("acme", "small-deals").id()).await.unwrap().is_none());
}

async fn putting_the_same_again_changes_nothing(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    let first = put(&store, &settings).await;
    let again = put(&store, &settings).await;
    assert_eq!((again.outcome, again.revision), (Outcome::Unchanged, first.revision));
    assert_eq!(store.revision().await.unwrap(), first.revision);
}

async fn a_change_has_a_new_revision_and_keeps_the_time_of_creation(world: World) {
    let store = world.store().await;
    let first = put(&store, &subscription("acme", "a")).await;
    let changed = subscription_to("acme", "a", "https://elsewhere.example.com/");
    let second = store.put_subscription(&changed, Expect::Revision(first.revision), PLENTY, at(5)).await.unwrap();
    assert_eq!(second.outcome, Outcome::Changed);
    assert!(second.revision > first.revision);
    let row = store.subscription(&changed.id()).await.unwrap().unwrap();
    assert_eq!((row.created_at, row.updated_at), (at(0), at(5)));
    assert_eq!(row.value.settings, changed);
}

async fn expectations_are_checked(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    let id = settings.id();
    let put = async |expect| store.put_subscription(&settings, expect, PLENTY, at(0)).await;
    assert!(matches!(put(Expect::Revision(1)).await, Err(Error::NotFound)));
    let current = put(Expect::Absent).await.unwrap().revision;
    assert!(matches!(put(Expect::Absent).await, Err(Error::Exists)));
    assert!(
        matches!(put(Expect::Revision(current + 1)).await, Err(Error::Conflict { current: found }) if found == current)
    );
    let refused = store.delete_subscription(&id, Expect::Revision(current + 1), at(0)).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
    store.delete_subscription(&id, Expect::Revision(current), at(0)).await.unwrap();
    assert!(matches!(store.delete_subscription(&id, Expect::Any, at(0)).await, Err(Error::NotFound)));
}

async fn a_deleted_one_is_gone_and_can_come_back(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    put(&store, &settings).await;
    let deleted = store.delete_subscription(&settings.id(), Expect::Any, at(1)).await.unwrap();
    assert!(store.subscription(&settings.id()).await.unwrap().is_none());
    assert!(all(&store).await.is_empty());
    let back = store.put_subscription(&settings, Expect::Absent, PLENTY, at(2)).await.unwrap();
    assert_eq!(back.outcome, Outcome::Created);
    assert!(back.revision > deleted);
    let row = store.subscription(&settings.id()).await.unwrap().unwrap();
    assert_eq!((row.created_at, row.value.settings), (at(2), settings));
}

async fn a_quota_counts_the_living(world: World) {
    let store = world.store().await;
    let put = async |tenant, name| store.put_subscription(&subscription(tenant, name), Expect::Any, 2, at(0)).await;
    put("acme", "a").await.unwrap();
    put("acme", "b").await.unwrap();
    put("other", "a").await.unwrap();
    assert!(matches!(put("acme", "c").await, Err(Error::Quota { what: "subscriptions", limit: 2 })));
    // Changing one that is there is always possible.
    put("acme", "a").await.unwrap();
    store.delete_subscription(&subscription("acme", "a").id(), Expect::Any, at(0)).await.unwrap();
    put("acme", "c").await.unwrap();
    assert!(matches!(put("acme", "a").await, Err(Error::Quota { .. })));
}

async fn a_tenant_must_be_registered_once_one_is(world: World) {
    let store = world.store().await;
    put(&store, &subscription("before", "a")).await;
    store.put_tenant(&tenant_called("acme"), Expect::Absent, at(0)).await.unwrap();
    put(&store, &subscription("acme", "a")).await;
    let refused = store.put_subscription(&subscription("other", "a"), Expect::Any, PLENTY, at(0)).await;
    assert!(matches!(refused, Err(Error::UnknownTenant(tenant)) if tenant.as_str() == "other"));
}

async fn pages_hold_each_once_in_order(world: World) {
    let store = world.store().await;
    let mut expected = Vec::new();
    for tenant in ["acme", "beta"] {
        for number in 0..5 {
            let settings = subscription(tenant, &format!("n{number}"));
            put(&store, &settings).await;
            expected.push((tenant.to_owned(), settings.name.to_string()));
        }
    }
    assert_eq!(all(&store).await, expected);

    let (acme, n3) = ("acme".parse().unwrap(), "n3".parse().unwrap());
    let listing = Listing { tenant: Some(&acme), name: None, after: None, limit: 2 };
    let first = store.subscriptions(listing).await.unwrap();
    assert_eq!(first.items.len(), 2);
    let rest = store.subscriptions(Listing { after: first.next.as_deref(), limit: 10, ..listing }).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (3, None));

    let named = Listing { tenant: None, name: Some(&n3), after: None, limit: 1 };
    let first = store.subscriptions(named).await.unwrap();
    let second = store.subscriptions(Listing { after: first.next.as_deref(), ..named }).await.unwrap();
    assert_eq!(first.items[0].value.settings.tenant.as_str(), "acme");
    assert_eq!(second.items[0].value.settings.tenant.as_str(), "beta");
    assert_eq!(second.next, None);

    let both = Listing { tenant: Some(&acme), name: Some(&n3), after: None, limit: 10 };
    assert_eq!(store.subscriptions(both).await.unwrap().items.len(), 1);
    for cursor in ["?", "bm9zcGFjZQ", "AAAA"] {
        let refused = store.subscriptions(Listing { after: Some(cursor), ..listing }).await;
        assert!(matches!(refused, Err(Error::InvalidCursor)), "{cursor}");
    }
}

async fn one_that_cannot_be_read_is_left_out(world: World) {
    let store = world.store().await;
    let (good, bad) = (subscription("acme", "good"), subscription("acme", "bad"));
    put(&store, &good).await;
    put(&store, &bad).await;
    world.sql(format!("UPDATE subscriptions SET document = 'nonsense' WHERE id = '{}'", bad.id())).await;
    assert_eq!(all(&store).await, [("acme".to_owned(), "good".to_owned())]);
    let refused = store.subscription(&bad.id()).await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt(what) if what.contains(bad.id().as_str())));
    // Putting it again heals it.
    put(&store, &bad).await;
    assert_eq!(all(&store).await.len(), 2);
}

async fn one_that_could_not_be_read_again_is_refused(world: World) {
    let store = world.store().await;
    let before = subscription("acme", "a");
    put(&store, &before).await;
    // The longest that is taken leaves no room for the defaults that are written out when it is kept.
    let longest = (0..4096).map(nearly_too_long).find_map(Result::ok).unwrap();
    let refused = store.put_subscription(&longest, Expect::Any, PLENTY, at(0)).await.unwrap_err();
    assert!(matches!(&refused, Error::Unkeepable(why) if why.contains("make it smaller")), "{refused}");
    assert_eq!(store.subscription(&before.id()).await.unwrap().unwrap().value.settings, before);
}

/// A document with so many bytes less than fit into a text each, four of them.
fn nearly_too_long(spared: usize) -> Result<Settings, Problems> {
    let text = |bytes: usize| "x".repeat(bytes);
    let value = json!({
        "name": "a",
        "tenant": "acme",
        "events": ["deal.won"],
        "payload": {"template": text(MAX_TEMPLATE_BYTES - spared)},
        "destination": {
            "url": "https://hooks.example.com/a",
            "ca": text(MAX_PEM_BYTES),
            "auth": {"kind": "mtls", "certificate": text(MAX_PEM_BYTES), "key": text(MAX_PEM_BYTES)},
        },
        "signing": {"secret": SECRET},
    });
    document::read(&value, &Reading::default())
}

/// Tenants and names, over pages of three.
async fn all(store: &Store) -> Vec<(String, String)> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let listing = Listing { tenant: None, name: None, after: after.as_deref(), limit: 3 };
        let page = store.subscriptions(listing).await.unwrap();
        let key = |row: &barid_store::Row<barid_store::Registered>| {
            (row.value.settings.tenant.to_string(), row.value.settings.name.to_string())
        };
        found.extend(page.items.iter().map(key));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}
