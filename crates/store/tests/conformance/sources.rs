//! Sources: put, got, found by token, rotated, deleted, and sealed.

use barid_inbound::presets;
use barid_registry::source::{SourceReading, SourceSettings, SourceToken, SourceTokens, read};
use barid_store::{Error, Expect, Listing, Outcome, Store};
use serde_json::json;

use crate::world::{World, at, mirror, tenant_called};

/// What a provider signs with.
const SECRET: &str = "a-provider-secret-of-a-test";

crate::on_both_engines! {
    what_was_put_is_there_and_keeps_its_token,
    one_that_could_not_be_read_again_is_refused,
    a_source_is_found_by_its_tokens_while_they_count,
    a_deleted_one_is_gone_from_store_and_mirror,
    a_tenant_with_sources_is_in_use,
    pages_of_sources_hold_each_once,
}

fn source(tenant: &str, name: &str) -> SourceSettings {
    let document = json!({"name": name, "tenant": tenant, "preset": "github", "secret": SECRET});
    read(&document, &SourceReading { presets: presets(), tenant: None, current: None }).unwrap()
}

fn token(byte: u8) -> SourceToken {
    SourceToken::generate(|bytes| bytes.fill(byte))
}

async fn put(store: &Store, settings: &SourceSettings, byte: u8) -> Outcome {
    store.put_source(settings, &token(byte).hash(), Expect::Any, at(0)).await.unwrap().outcome
}

async fn what_was_put_is_there_and_keeps_its_token(world: World) {
    let store = world.store().await;
    let settings = source("acme", "repo");
    assert_eq!(put(&store, &settings, 1).await, Outcome::Created);
    assert_eq!(put(&store, &settings, 2).await, Outcome::Unchanged);
    let mut changed = settings.clone();
    changed.enabled = false;
    assert_eq!(put(&store, &changed, 3).await, Outcome::Changed);
    let row = store.source(&settings.id()).await.unwrap().unwrap();
    assert_eq!((row.value.settings, row.value.tokens.current), (changed, token(1).hash()));
    let exists = store.put_source(&settings, &token(1).hash(), Expect::Absent, at(0)).await;
    assert!(matches!(exists, Err(Error::Exists)));
}

async fn one_that_could_not_be_read_again_is_refused(world: World) {
    let store = world.store().await;
    let settings = source("acme", "repo");
    put(&store, &settings, 1).await;
    let mut unreadable = settings.clone();
    unreadable.max_body = 0;
    let refused = store.put_source(&unreadable, &token(2).hash(), Expect::Any, at(0)).await.unwrap_err();
    assert!(matches!(&refused, Error::Unkeepable(why) if why.contains("max_body")), "{refused}");
    assert_eq!(store.source(&settings.id()).await.unwrap().unwrap().value.settings, settings);
}

async fn a_source_is_found_by_its_tokens_while_they_count(world: World) {
    let store = world.store().await;
    let settings = source("acme", "repo");
    put(&store, &settings, 1).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    let finds = |byte: u8, second: i64| mirror.sources().borrow().find(&token(byte).hash(), at(second)).is_some();
    assert!(finds(1, 0) && !finds(2, 0));
    let tokens = SourceTokens { current: token(1).hash(), previous: None };
    let tokens = tokens.rotated(token(2).hash(), std::time::Duration::from_mins(1), at(0));
    store.set_source_tokens(&settings.id(), &tokens, Expect::Any, at(0)).await.unwrap();
    mirror.refresh().await.unwrap();
    assert!(finds(1, 60) && finds(2, 60));
    assert!(!finds(1, 61) && finds(2, 61));
    assert!(!mirror.verify().await.unwrap().full);
}

async fn a_deleted_one_is_gone_from_store_and_mirror(world: World) {
    let store = world.store().await;
    let settings = source("acme", "repo");
    put(&store, &settings, 1).await;
    let mirror = mirror(&store, None);
    mirror.start().await.unwrap();
    store.delete_source(&settings.id(), Expect::Any, at(1)).await.unwrap();
    mirror.refresh().await.unwrap();
    assert!(store.source(&settings.id()).await.unwrap().is_none());
    assert!(mirror.sources().borrow().find(&token(1).hash(), at(1)).is_none());
    // Who finds the old URL has nothing, even when one of the same name comes back.
    assert_eq!(put(&store, &settings, 2).await, Outcome::Created);
    mirror.refresh().await.unwrap();
    assert!(mirror.sources().borrow().find(&token(1).hash(), at(1)).is_none());
    assert!(mirror.sources().borrow().find(&token(2).hash(), at(1)).is_some());
    assert!(!mirror.verify().await.unwrap().full);
}

async fn a_tenant_with_sources_is_in_use(world: World) {
    let store = world.store().await;
    store.put_tenant(&tenant_called("acme"), Expect::Any, at(0)).await.unwrap();
    put(&store, &source("acme", "repo"), 1).await;
    let refused = store.put_source(&source("globex", "repo"), &token(2).hash(), Expect::Any, at(0)).await;
    assert!(matches!(refused, Err(Error::UnknownTenant(_))));
    let refused = store.delete_tenant(&"acme".parse().unwrap(), Expect::Any, at(1)).await;
    assert!(matches!(refused, Err(Error::InUse("sources"))));
}

async fn pages_of_sources_hold_each_once(world: World) {
    let store = world.store().await;
    for (byte, (tenant, name)) in (1..).zip([("a", "x"), ("a", "y"), ("b", "x")]) {
        put(&store, &source(tenant, name), byte).await;
    }
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let listing = Listing { tenant: None, name: None, after: after.as_deref(), limit: 2 };
        let page = store.sources(listing).await.unwrap();
        seen.extend(page.items.iter().map(|row| row.value.settings.id()));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    let expected = [("a", "x"), ("a", "y"), ("b", "x")].map(|(tenant, name)| source(tenant, name).id());
    assert_eq!(seen, expected);
}
