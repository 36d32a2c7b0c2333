//! API keys.

use barid_store::{Error, MAX_TENANT_KEYS, Scope};

use crate::world::{World, at, key, mirror, put, subscription};

crate::on_both_engines! {
    a_key_is_there_until_revoked_and_listed_after,
    one_first_admin_key_is_made,
    an_expired_admin_key_opens_nothing,
    a_tenant_has_no_more_keys_than_allowed,
    using_a_key_is_no_change,
    keys_are_listed_by_tenant,
    the_keyring_follows,
}

async fn a_key_is_there_until_revoked_and_listed_after(world: World) {
    let store = world.store().await;
    let mut expected = key(1, Scope::Publish, Some("acme"));
    expected.expires_at = Some(at(100));
    expected.revision = store.add_key(&expected).await.unwrap();
    assert_eq!(store.key(&expected.id).await.unwrap().unwrap(), expected);
    assert!(matches!(store.add_key(&expected).await, Err(Error::Exists)));

    store.revoke_key(&expected.id, at(5)).await.unwrap();
    assert_eq!(store.key(&expected.id).await.unwrap().unwrap().revoked_at, Some(at(5)));
    assert!(matches!(store.revoke_key(&expected.id, at(6)).await, Err(Error::NotFound)));
    assert_eq!(store.keys(None, None, 10).await.unwrap().items.len(), 1);
}

async fn one_first_admin_key_is_made(world: World) {
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..10 {
        let store = world.store().await;
        tries.spawn(async move { store.add_first_admin_key(&key(number, Scope::Admin, None)).await.unwrap() });
    }
    let made = tries.join_all().await;
    assert_eq!(made.iter().filter(|&&made| made).count(), 1);
    let store = world.store().await;
    let keys = store.keys(None, None, 100).await.unwrap().items;
    assert_eq!(keys.len(), 1);
    // Revoking the last one opens the door again for whoever has the machine.
    store.revoke_key(&keys[0].id, at(0)).await.unwrap();
    assert!(store.add_first_admin_key(&key(77, Scope::Admin, None)).await.unwrap());
}

async fn an_expired_admin_key_opens_nothing(world: World) {
    let store = world.store().await;
    let mut first = key(1, Scope::Admin, None);
    first.expires_at = Some(at(10));
    assert!(store.add_first_admin_key(&first).await.unwrap());
    let mut second = key(2, Scope::Admin, None);
    second.created_at = at(9);
    assert!(!store.add_first_admin_key(&second).await.unwrap());
    second.created_at = at(10);
    assert!(store.add_first_admin_key(&second).await.unwrap());
}

async fn a_tenant_has_no_more_keys_than_allowed(world: World) {
    let store = world.store().await;
    let allowed = u8::try_from(MAX_TENANT_KEYS).unwrap();
    for number in 0..allowed {
        let mut key = key(number, Scope::Publish, Some("acme"));
        key.expires_at = (number == 0).then(|| at(10));
        store.add_key(&key).await.unwrap();
    }
    let mut more = key(allowed, Scope::Publish, Some("acme"));
    assert!(matches!(store.add_key(&more).await, Err(Error::Quota { limit: MAX_TENANT_KEYS, .. })));
    // Neither other tenants' nor an administrator's count, and none that cannot be used any more does.
    store.add_key(&key(201, Scope::Publish, Some("beta"))).await.unwrap();
    store.add_key(&key(202, Scope::Admin, None)).await.unwrap();
    more.created_at = at(10);
    store.add_key(&more).await.unwrap();
    let another = key(203, Scope::Publish, Some("acme"));
    assert!(matches!(store.add_key(&another).await, Err(Error::Quota { .. })));
    store.revoke_key(&key(1, Scope::Publish, None).id, at(1)).await.unwrap();
    let mut last = another;
    last.created_at = at(10);
    store.add_key(&last).await.unwrap();
}

async fn using_a_key_is_no_change(world: World) {
    let store = world.store().await;
    let key = key(1, Scope::Read, Some("acme"));
    let revision = store.add_key(&key).await.unwrap();
    store.touch_keys(&[(key.id.clone(), at(60))]).await.unwrap();
    store.touch_keys(&[(key.id.clone(), at(30))]).await.unwrap();
    let touched = store.key(&key.id).await.unwrap().unwrap();
    assert_eq!((touched.last_used_at, touched.revision), (Some(at(60)), revision));
    assert_eq!(store.revision().await.unwrap(), revision);
}

async fn keys_are_listed_by_tenant(world: World) {
    let store = world.store().await;
    for (number, tenant) in [(1, Some("acme")), (2, None), (3, Some("acme")), (4, Some("beta"))] {
        let scope = if tenant.is_some() { Scope::Tenant } else { Scope::Admin };
        store.add_key(&key(number, scope, tenant)).await.unwrap();
    }
    let acme = "acme".parse().unwrap();
    let first = store.keys(Some(&acme), None, 1).await.unwrap();
    let second = store.keys(Some(&acme), first.next.as_deref(), 1).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (1, 1, None));
    assert_eq!(store.keys(None, None, 10).await.unwrap().items.len(), 4);
}

async fn the_keyring_follows(world: World) {
    let store = world.store().await;
    let (old, new) = (key(1, Scope::Admin, None), key(2, Scope::Publish, Some("acme")));
    store.add_key(&old).await.unwrap();
    put(&store, &subscription("acme", "a")).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    let keyring = mirror.keyring();
    assert_eq!(keyring.borrow().get(&old.id).unwrap().hash, old.hash);
    store.add_key(&new).await.unwrap();
    let revision = store.revoke_key(&old.id, at(1)).await.unwrap();
    assert_eq!(mirror.refresh().await.unwrap().revision, revision);
    assert!(keyring.borrow().get(&old.id).is_none());
    assert_eq!(keyring.borrow().get(&new.id).unwrap().scope, Scope::Publish);
    assert_eq!(mirror.snapshots().borrow().revision(), Some(revision));
    assert!(!mirror.verify().await.unwrap().full);
}
