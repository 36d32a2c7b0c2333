//! Stores that older versions have written: a small database of every released schema is kept, and must open, be brought
//! up to date, and say what it said then.

use std::{fs, path::Path};

use barid_store::{Expect, Scope};

use crate::world::{World, at, key, keys, mirror, subscription, subscription_to, tenant_called};

/// A database of each schema that was released, made by [`fill`] of the version that released it.
const SCHEMAS: [&str; 2] = ["0001.db", "0002.db"];

#[tokio::test]
async fn a_store_of_every_released_schema_opens_and_is_whole() {
    for name in SCHEMAS {
        let world = World::sqlite();
        fs::create_dir_all(world.path("data")).unwrap();
        fs::copy(kept(name), world.path("data/barid.db")).unwrap();
        let store = world.store().await;
        let mirror = mirror(&store, None);
        mirror.start().await.unwrap();
        let snapshots = mirror.snapshots();
        assert_eq!(snapshots.borrow().len(), 2, "{name}");
        assert!(snapshots.borrow().tenant(&"acme".parse().unwrap()).is_some(), "{name}");
        assert!(snapshots.borrow().event_type(&"deal.won".parse().unwrap()).is_some(), "{name}");
        assert_eq!(mirror.keyring().borrow().len(), 1, "{name}");
        let row = store.subscription(&subscription("acme", "b").id()).await.unwrap().unwrap();
        assert_eq!(row.value.settings, subscription_to("acme", "b", "https://elsewhere.example.com/"), "{name}");
        assert!(row.value.paused, "{name}");
        assert!(!mirror.verify().await.unwrap().full, "{name}");
    }
}

/// Makes the database of the current schema if there is none yet, and fails, so that it is committed with the migration.
#[tokio::test]
async fn the_current_schema_is_kept() {
    let newest = kept(SCHEMAS[SCHEMAS.len() - 1]);
    if newest.exists() {
        return;
    }
    let world = World::sqlite();
    fill(&world).await;
    world.sql("VACUUM".to_owned()).await;
    world.sql("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await;
    fs::copy(world.path("data/barid.db"), &newest).unwrap();
    panic!("{} was not there: it is now, commit it", newest.display());
}

fn kept(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(name)
}

/// One of everything, and a deleted one of most.
async fn fill(world: &World) {
    use barid_registry::{OwnLane, event_type};
    let store = world.store_with(&keys(&[1]));
    store.prepare().await.unwrap();
    for tenant in ["acme", "gone"] {
        store.put_tenant(&tenant_called(tenant), Expect::Any, at(0)).await.unwrap();
    }
    store.delete_tenant(&"gone".parse().unwrap(), Expect::Any, at(1)).await.unwrap();
    let value = serde_json::json!({"type": "deal.won", "description": "A deal was won.", "schema": {"type": "object"}});
    store.put_event_type(&event_type::read(&value).unwrap(), Expect::Any, at(0)).await.unwrap();
    for name in ["a", "b", "gone"] {
        crate::world::put(&store, &subscription("acme", name)).await;
    }
    crate::world::put(&store, &subscription_to("acme", "b", "https://elsewhere.example.com/")).await;
    let limits = barid_store::LaneLimits { tenant: 1, total: 1 };
    let b = subscription("acme", "b").id();
    store.set_lane(&b, true, OwnLane::Open, Expect::Any, limits, at(1)).await.unwrap();
    store.delete_subscription(&subscription("acme", "gone").id(), Expect::Any, at(1)).await.unwrap();
    for (number, scope, tenant) in [(1, Scope::Admin, None), (2, Scope::Publish, Some("acme"))] {
        store.add_key(&key(number, scope, tenant)).await.unwrap();
    }
    store.revoke_key(&key(2, Scope::Publish, Some("acme")).id, at(1)).await.unwrap();
    store.close().await;
}
