//! Forgetting tombstones, and who has to load everything because of it.

use barid_store::{Expect, Scope};

use crate::world::{World, at, key, mirror, put, subscription, tenant_called};

crate::on_both_engines! {
    what_was_deleted_before_is_forgotten,
    whoever_is_below_the_floor_loads_everything,
}

async fn what_was_deleted_before_is_forgotten(world: World) {
    let store = world.store().await;
    for (name, deleted) in [("old", at(1)), ("new", at(10))] {
        let id = subscription("acme", name).id();
        put(&store, &subscription("acme", name)).await;
        store.delete_subscription(&id, Expect::Any, deleted).await.unwrap();
    }
    put(&store, &subscription("acme", "alive")).await;
    let key = key(1, Scope::Admin, None);
    store.add_key(&key).await.unwrap();
    store.revoke_key(&key.id, at(1)).await.unwrap();
    assert_eq!(store.purge(at(0)).await.unwrap(), 0);
    assert_eq!(store.purge(at(5)).await.unwrap(), 2);
    assert!(store.key(&key.id).await.unwrap().is_none());
    assert_eq!(store.purge(at(5)).await.unwrap(), 0);
    assert_eq!(store.purge(at(11)).await.unwrap(), 1);
    assert!(store.subscription(&subscription("acme", "alive").id()).await.unwrap().is_some());
}

async fn whoever_is_below_the_floor_loads_everything(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "gone")).await;
    put(&store, &subscription("acme", "stays")).await;
    let (early, late) = (mirror(&store, None), mirror(&store, None));
    early.start().await.unwrap();
    late.start().await.unwrap();
    store.delete_subscription(&subscription("acme", "gone").id(), Expect::Any, at(1)).await.unwrap();
    let seen = late.refresh().await.unwrap();
    assert!(!seen.full);
    store.purge(at(2)).await.unwrap();
    store.put_tenant(&tenant_called("acme"), Expect::Any, at(3)).await.unwrap();
    assert!(!late.refresh().await.unwrap().full);
    assert!(early.refresh().await.unwrap().full);
    for mirror in [early, late] {
        assert_eq!(mirror.snapshots().borrow().len(), 1);
        assert!(!mirror.verify().await.unwrap().full);
    }
}
