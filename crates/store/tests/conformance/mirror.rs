//! The registry in memory: always what a full load would give.

use std::collections::BTreeMap;

use barid_registry::{OwnLane, Snapshot, Subscription};
use barid_store::{Error, Expect, LaneLimits, Scope, Store};

use crate::world::{PLENTY, World, at, key, mirror, put, subscription, subscription_to, tenant_called};

crate::on_both_engines! {
    following_gives_what_loading_gives,
    nothing_new_is_no_change,
    a_row_changed_behind_its_back_is_found,
    a_row_removed_behind_its_back_is_found,
    an_unreadable_row_is_left_out_and_no_mismatch,
    a_store_that_went_back_is_loaded_anew,
    another_installation_is_refused,
}

/// What a snapshot says, in a form that compares.
pub(crate) fn says(snapshot: &Snapshot) -> BTreeMap<String, String> {
    // `Debug` leaves out what is secret.
    let all = |subscription: &Subscription| {
        let (url, signatures) = (subscription.destination.url(), subscription.signer.headers("", 0, b""));
        format!("{subscription:?} {url} {:?}", signatures.collect::<Vec<_>>())
    };
    snapshot.iter().map(|subscription| (subscription.id.to_string(), all(subscription))).collect()
}

/// A hundred changes of every sort, the same for every caller of the same `round`.
async fn change_a_lot(store: &Store, round: u64) {
    for step in 0..25 {
        let mixed = (round * 31 + step * 17) % 11;
        let settings = subscription_to("acme", &format!("n{mixed}"), &format!("https://{round}.example.com/{step}"));
        put(store, &settings).await;
        let limits = LaneLimits { tenant: PLENTY, total: PLENTY };
        match step % 4 {
            0 => {
                store.delete_subscription(&settings.id(), Expect::Any, at(1)).await.unwrap();
            }
            1 => {
                store.set_lane(&settings.id(), true, OwnLane::Open, Expect::Any, limits, at(1)).await.unwrap();
            }
            2 => {
                let mut tenant = tenant_called("acme");
                tenant.title = Some(format!("round {round}, step {step}"));
                store.put_tenant(&tenant, Expect::Any, at(1)).await.unwrap();
            }
            _ => {
                let number = u8::try_from(round * 25 + step).unwrap();
                store.add_key(&key(number, Scope::Admin, None)).await.unwrap();
            }
        }
    }
}

async fn following_gives_what_loading_gives(world: World) {
    let store = world.store().await;
    let following = mirror(&store, None);
    following.start().await.unwrap();
    for round in 0..4 {
        change_a_lot(&store, round).await;
        let refreshed = following.refresh().await.unwrap();
        assert!(!refreshed.full);
        assert!(refreshed.changed > 0);
        let loaded = mirror(&store, None);
        loaded.start().await.unwrap();
        let (followed, loaded) = (following.snapshots(), loaded.snapshots());
        assert_eq!(says(&followed.borrow()), says(&loaded.borrow()));
        assert_eq!(followed.borrow().digest(), loaded.borrow().digest());
        assert_eq!(followed.borrow().revision(), loaded.borrow().revision());
        assert!(!following.verify().await.unwrap().full, "a mismatch after round {round}");
    }
}

async fn nothing_new_is_no_change(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    let mut snapshots = mirror.snapshots();
    snapshots.mark_unchanged();
    let refreshed = mirror.refresh().await.unwrap();
    assert_eq!((refreshed.changed, refreshed.full), (0, false));
    assert!(!snapshots.has_changed().unwrap());
    put(&store, &subscription("acme", "b")).await;
    assert_eq!(mirror.refresh().await.unwrap().changed, 1);
    assert!(snapshots.has_changed().unwrap());
}

async fn a_row_changed_behind_its_back_is_found(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    put(&store, &subscription("acme", "b")).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    world.sql("UPDATE subscriptions SET paused = 1, revision = 1000 WHERE name = 'a'".to_owned()).await;
    assert_eq!(mirror.refresh().await.unwrap().changed, 0);
    assert!(mirror.verify().await.unwrap().full);
    let id = subscription("acme", "a").id();
    assert!(mirror.snapshots().borrow().get(id.as_str()).unwrap().paused);
    assert!(!mirror.verify().await.unwrap().full);
}

async fn a_row_removed_behind_its_back_is_found(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    store.add_key(&key(1, Scope::Admin, None)).await.unwrap();
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    world.sql("DELETE FROM api_keys".to_owned()).await;
    assert!(mirror.verify().await.unwrap().full);
    assert!(mirror.keyring().borrow().is_empty());
    world.sql("DELETE FROM subscriptions".to_owned()).await;
    assert!(mirror.verify().await.unwrap().full);
    assert!(mirror.snapshots().borrow().is_empty());
}

async fn an_unreadable_row_is_left_out_and_no_mismatch(world: World) {
    let store = world.store().await;
    for name in ["good", "bad", "worse"] {
        put(&store, &subscription("acme", name)).await;
    }
    store.put_tenant(&tenant_called("acme"), Expect::Any, at(0)).await.unwrap();
    world.sql("UPDATE subscriptions SET document = 'nonsense' WHERE name = 'bad'".to_owned()).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    let snapshots = mirror.snapshots();
    assert_eq!(snapshots.borrow().len(), 2);
    assert!(!mirror.verify().await.unwrap().full);
    let absent_at = |name| snapshots.borrow().absent_at(subscription("acme", name).id().as_str());
    assert_eq!((absent_at("good"), absent_at("bad"), absent_at("never")), (None, None, Some(4)));

    // One that becomes unreadable stays as it was known.
    world.sql("UPDATE subscriptions SET lane = 'motorway', revision = 5 WHERE name = 'worse'".to_owned()).await;
    world.sql("UPDATE registry SET revision = 5".to_owned()).await;
    mirror.refresh().await.unwrap();
    assert_eq!(snapshots.borrow().len(), 2);
    assert!(!mirror.verify().await.unwrap().full);

    // Put again, both are well.
    put(&store, &subscription("acme", "bad")).await;
    store.delete_subscription(&subscription("acme", "worse").id(), Expect::Any, at(1)).await.unwrap();
    mirror.refresh().await.unwrap();
    assert_eq!(snapshots.borrow().len(), 2);
    assert!(!mirror.verify().await.unwrap().full);
    assert_eq!((absent_at("bad"), absent_at("worse")), (None, Some(7)));

    // Deleted after all, one that could not be read is gone.
    world.sql("UPDATE subscriptions SET document = 'nonsense' WHERE name = 'bad'".to_owned()).await;
    world.sql("UPDATE registry SET revision = 8".to_owned()).await;
    world.sql("UPDATE subscriptions SET revision = 8 WHERE name = 'bad'".to_owned()).await;
    mirror.refresh().await.unwrap();
    store.delete_subscription(&subscription("acme", "bad").id(), Expect::Any, at(1)).await.unwrap();
    mirror.refresh().await.unwrap();
    assert_eq!(absent_at("bad"), Some(9));
}

async fn a_store_that_went_back_is_loaded_anew(world: World) {
    let store = world.store().await;
    for name in ["a", "b", "c"] {
        put(&store, &subscription("acme", name)).await;
    }
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    // As after a backup from before the last subscription was restored.
    world.sql("DELETE FROM subscriptions WHERE name = 'c'".to_owned()).await;
    world.sql("UPDATE registry SET revision = 2".to_owned()).await;
    assert!(mirror.refresh().await.unwrap().full);
    assert_eq!(mirror.snapshots().borrow().len(), 2);
    assert_eq!(mirror.snapshots().borrow().revision(), Some(2));
}

async fn another_installation_is_refused(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    let mirror = mirror(&store, None);
    assert_eq!(mirror.installation(), None);
    mirror.start().await.unwrap();
    let ours = mirror.installation().unwrap();
    world.sql("UPDATE registry SET installation = 'theirs', revision = 99".to_owned()).await;
    let refused = mirror.refresh().await.unwrap_err();
    assert!(matches!(refused, Error::OtherInstallation { expected, found } if expected == ours && found == "theirs"));
    assert_eq!(mirror.snapshots().borrow().len(), 1);
}
