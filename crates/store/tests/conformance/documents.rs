//! Tenants and event types.

use barid_registry::event_type;
use barid_store::{Error, Expect, Outcome, Scope};
use serde_json::json;

use crate::world::{World, at, key, put, subscription, tenant_called};

crate::on_both_engines! {
    tenants_come_change_and_go,
    a_tenant_in_use_stays,
    event_types_come_change_and_go,
}

async fn tenants_come_change_and_go(world: World) {
    let store = world.store().await;
    let mut acme = tenant_called("acme");
    let first = store.put_tenant(&acme, Expect::Absent, at(0)).await.unwrap();
    assert_eq!(first.outcome, Outcome::Created);
    assert_eq!(store.put_tenant(&acme, Expect::Any, at(1)).await.unwrap().outcome, Outcome::Unchanged);
    acme.title = Some("Acme Corporation".into());
    let second = store.put_tenant(&acme, Expect::Revision(first.revision), at(1)).await.unwrap();
    assert_eq!(second.outcome, Outcome::Changed);
    store.put_tenant(&tenant_called("beta"), Expect::Any, at(2)).await.unwrap();

    let row = store.tenant(&acme.id).await.unwrap().unwrap();
    assert_eq!((row.created_at, row.updated_at, row.revision), (at(0), at(1), second.revision));
    assert_eq!((row.value.title.as_deref(), row.value.revision), (Some("Acme Corporation"), second.revision));
    let page = store.tenants(None, 1).await.unwrap();
    assert_eq!(page.items[0].value.id.as_str(), "acme");
    let page = store.tenants(page.next.as_deref(), 1).await.unwrap();
    assert_eq!((page.items[0].value.id.as_str(), page.next), ("beta", None));

    store.delete_tenant(&acme.id, Expect::Any, at(3)).await.unwrap();
    assert!(store.tenant(&acme.id).await.unwrap().is_none());
    assert!(matches!(store.delete_tenant(&acme.id, Expect::Any, at(3)).await, Err(Error::NotFound)));
}

async fn a_tenant_in_use_stays(world: World) {
    let store = world.store().await;
    let acme = tenant_called("acme");
    store.put_tenant(&acme, Expect::Any, at(0)).await.unwrap();
    let settings = subscription("acme", "a");
    put(&store, &settings).await;
    let delete = async || store.delete_tenant(&acme.id, Expect::Any, at(1)).await;
    assert!(matches!(delete().await, Err(Error::InUse("subscriptions"))));
    store.delete_subscription(&settings.id(), Expect::Any, at(1)).await.unwrap();
    let key = key(1, Scope::Tenant, Some("acme"));
    store.add_key(&key).await.unwrap();
    assert!(matches!(delete().await, Err(Error::InUse("keys"))));
    store.revoke_key(&key.id, at(1)).await.unwrap();
    delete().await.unwrap();
}

async fn event_types_come_change_and_go(world: World) {
    let store = world.store().await;
    let value = json!({"type": "deal.won", "description": "A deal was won.", "schema": {"type": "object"}});
    let mut settings = event_type::read(&value).unwrap();
    let first = store.put_event_type(&settings, Expect::Absent, at(0)).await.unwrap();
    assert_eq!(store.put_event_type(&settings, Expect::Any, at(0)).await.unwrap().outcome, Outcome::Unchanged);
    settings.description = "Somebody has won a deal.".into();
    store.put_event_type(&settings, Expect::Revision(first.revision), at(1)).await.unwrap();
    let row = store.event_type(&settings.event_type).await.unwrap().unwrap();
    assert_eq!(row.value.description, settings.description);
    assert!(row.value.schema.is_some());
    assert_eq!(store.event_types(None, 10).await.unwrap().items.len(), 1);
    store.delete_event_type(&settings.event_type, Expect::Any, at(2)).await.unwrap();
    assert!(store.event_types(None, 10).await.unwrap().items.is_empty());
}
