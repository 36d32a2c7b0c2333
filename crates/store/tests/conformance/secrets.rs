//! What is secret stays so: sealed in the database, and sealed anew with a new key.

use std::fs;

use barid_store::{Error, Scope};

use crate::world::{SECRET, World, at, key, keys, mirror, put, subscription};

crate::on_both_engines! {
    another_key_opens_nothing,
    a_sealed_document_opens_in_its_place_only,
    resealing_moves_everything_to_the_new_key,
    resealing_says_what_it_could_not_open,
    nobody_seals_with_a_key_that_was_replaced,
    a_mirror_takes_over_what_was_sealed_anew,
    one_that_does_not_open_can_be_told_and_deleted,
}

async fn another_key_opens_nothing(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    put(&store, &settings).await;
    let stranger = world.store_with(&keys(&[9]));
    let refused = stranger.subscription(&settings.id()).await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt(_)));
    assert!(!format!("{refused:?} {refused}").contains("secret-path"));
}

async fn a_sealed_document_opens_in_its_place_only(world: World) {
    let store = world.store().await;
    let (a, b) = (subscription("acme", "a"), subscription("acme", "b"));
    put(&store, &a).await;
    put(&store, &b).await;
    let moved =
        "UPDATE subscriptions SET document = (SELECT document FROM subscriptions WHERE name = 'a') WHERE name = 'b'";
    world.sql(moved.to_owned()).await;
    assert!(matches!(store.subscription(&b.id()).await, Err(Error::Corrupt(_))));
    assert!(store.subscription(&a.id()).await.is_ok());
}

async fn resealing_moves_everything_to_the_new_key(world: World) {
    let old = world.store().await;
    for number in 0..7 {
        put(&old, &subscription("acme", &format!("n{number}"))).await;
    }
    let revision = old.revision().await.unwrap();
    let updated_at = old.subscription(&subscription("acme", "n3").id()).await.unwrap().unwrap().updated_at;
    let both = world.store_with(&keys(&[2, 1]));
    let mut seen = Vec::new();
    assert_eq!(both.reseal(|done, total| seen.push((done, total))).await.unwrap(), 7);
    assert_eq!(seen.last(), Some(&(7, 7)));
    assert_eq!(both.reseal(|_, _| ()).await.unwrap(), 0);
    assert_eq!(both.revision().await.unwrap(), revision + 7, "one each, and none where nothing was to be done");

    let new = world.store_with(&keys(&[2]));
    new.prepare().await.unwrap();
    let found = new.subscription(&subscription("acme", "n3").id()).await.unwrap().unwrap();
    assert_eq!(found.updated_at, updated_at, "nobody has changed it");
    assert!(matches!(world.store_with(&keys(&[1])).prepare().await, Err(Error::WrongMasterKey)));
}

async fn resealing_says_what_it_could_not_open(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "good")).await;
    put(&store, &subscription("acme", "bad")).await;
    world.sql("UPDATE subscriptions SET document = 'nonsense' WHERE name = 'bad'".to_owned()).await;
    let both = world.store_with(&keys(&[2, 1]));
    assert!(matches!(both.reseal(|_, _| ()).await, Err(Error::Corrupt(what)) if what.starts_with("1 ")));
    let new = world.store_with(&keys(&[2]));
    assert!(new.subscription(&subscription("acme", "good").id()).await.unwrap().is_some());
}

async fn nobody_seals_with_a_key_that_was_replaced(world: World) {
    let (old, restarted) = (world.store().await, world.store_with(&keys(&[2, 1])));
    put(&old, &subscription("acme", "a")).await;
    // While some processes know the new key and others do not, all of them read what each of them writes.
    put(&restarted, &subscription("acme", "b")).await;
    assert!(old.subscription(&subscription("acme", "b").id()).await.unwrap().is_some());

    restarted.reseal(|_, _| ()).await.unwrap();
    let settings = subscription("acme", "c");
    let refused = old.put_subscription(&settings, barid_store::Expect::Any, crate::world::PLENTY, at(0)).await;
    assert!(matches!(refused, Err(Error::MasterKeyReplaced)), "{refused:?}");
    // One that has both seals with the new one, even if the old one is still its current.
    put(&world.store_with(&keys(&[1, 2])), &settings).await;
    let new = world.store_with(&keys(&[2]));
    for name in ["a", "b", "c"] {
        assert!(new.subscription(&subscription("acme", name).id()).await.unwrap().is_some(), "{name}");
    }
}

async fn a_mirror_takes_over_what_was_sealed_anew(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    let both = world.store_with(&keys(&[2, 1]));
    let (knowing, ignorant) = (mirror(&both, None), mirror(&store, None));
    knowing.start().await.unwrap();
    ignorant.start().await.unwrap();
    both.reseal(|_, _| ()).await.unwrap();
    assert_eq!(knowing.refresh().await.unwrap().changed, 1);
    assert_eq!((knowing.unreadable(), knowing.snapshots().borrow().len()), (0, 1));
    // It goes on with what it knew, and says that there is something that it cannot read.
    ignorant.refresh().await.unwrap();
    assert_eq!((ignorant.unreadable(), ignorant.snapshots().borrow().len()), (1, 1));
}

async fn one_that_does_not_open_can_be_told_and_deleted(world: World) {
    let store = world.store().await;
    let settings = subscription("acme", "a");
    let revision = put(&store, &settings).await.revision;
    world.sql("UPDATE subscriptions SET document = 'nonsense'".to_owned()).await;
    let head = store.subscription_head(&settings.id()).await.unwrap().unwrap();
    assert_eq!((head.tenant.as_str(), head.revision), ("acme", revision));
    store.delete_subscription(&settings.id(), barid_store::Expect::Revision(revision), at(1)).await.unwrap();
    assert_eq!(store.subscription_head(&settings.id()).await.unwrap(), None);
}

/// Everything that is on disk: the file, its log, and the copy.
#[tokio::test]
async fn no_secret_is_on_disk() {
    let world = World::sqlite();
    let store = world.store().await;
    let mut key = key(7, Scope::Admin, None);
    // As it would look if the secret were kept instead of its hash.
    key.hash = *b"hash-hash-hash-hash-hash-hash-32";
    store.add_key(&key).await.unwrap();
    for name in ["a", "b"] {
        put(&store, &subscription("acme", name)).await;
    }
    let mirror = mirror(&store, Some(&world.path("data/copy")));
    mirror.start().await.unwrap();
    put(&store, &subscription("acme", "c")).await;
    mirror.refresh().await.unwrap();
    store.delete_subscription(&subscription("acme", "a").id(), barid_store::Expect::Any, at(1)).await.unwrap();

    let mut looked = 0;
    for entry in fs::read_dir(world.path("data")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        for secret in [SECRET, &SECRET[6..], "very-secret-path", "hooks.example.com", "0123456789abcdef", "hash-hash"] {
            assert!(!has(secret), "{secret}");
        }
        looked += usize::from(!bytes.is_empty());
    }
    assert!(looked >= 3, "database, log and copy");
}
