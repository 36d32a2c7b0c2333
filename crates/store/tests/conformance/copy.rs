//! The copy on disk: what a process starts from while the store is away.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    time::Duration,
};

use barid_store::{Error, Expect, Mirror, Scope, Store};

use crate::{
    mirror::says,
    world::{World, at, key, keys, mirror, put, store_at, subscription, subscription_to, tenant_called},
};

crate::on_both_engines! {
    starts_from_the_copy_while_the_store_is_away,
    a_torn_copy_is_used_as_far_as_it_is_whole,
    a_copy_is_written_anew_when_it_has_grown,
    a_copy_that_cannot_be_written_stops_nothing,
}

/// A store that nobody answers for.
fn away() -> Store {
    store_at("postgres://barid:barid@127.0.0.1:1/barid", &keys(&[1]), Duration::from_millis(200))
}

async fn started_from(path: &Path) -> Result<Mirror, Error> {
    let mirror = mirror(&away(), Some(path));
    mirror.start().await.map(|()| mirror)
}

async fn starts_from_the_copy_while_the_store_is_away(world: World) {
    let (store, path) = (world.store().await, world.path("copies/copy"));
    assert!(matches!(started_from(&path).await, Err(Error::Unavailable(_))));
    put(&store, &subscription("acme", "a")).await;
    put(&store, &subscription("acme", "b")).await;
    store.put_tenant(&tenant_called("acme"), Expect::Any, at(0)).await.unwrap();
    store.add_key(&key(1, Scope::Admin, None)).await.unwrap();
    let live = mirror(&store, Some(&path));
    live.start().await.unwrap();
    assert!(!live.is_stale());
    put(&store, &subscription_to("acme", "b", "https://elsewhere.example.com/")).await;
    put(&store, &subscription("acme", "c")).await;
    store.delete_subscription(&subscription("acme", "a").id(), Expect::Any, at(1)).await.unwrap();
    live.refresh().await.unwrap();

    let copied = started_from(&path).await.unwrap();
    assert!(copied.is_stale());
    assert_eq!(copied.installation(), live.installation());
    let (copied_snapshots, live_snapshots) = (copied.snapshots(), live.snapshots());
    assert_eq!(says(&copied_snapshots.borrow()), says(&live_snapshots.borrow()));
    assert_eq!(copied_snapshots.borrow().digest(), live_snapshots.borrow().digest());
    assert_eq!(copied_snapshots.borrow().revision(), live_snapshots.borrow().revision());
    assert!(copied.keyring().borrow().get(&key(1, Scope::Admin, None).id).is_some());
    // The store stays away: it goes on with what it has.
    assert!(matches!(copied.refresh().await, Err(Error::Unavailable(_))));
    assert!(copied.is_stale());
    assert_eq!(copied_snapshots.borrow().len(), 2);

    let stranger = Mirror::new(
        store_at("postgres://barid:barid@127.0.0.1:1/barid", &keys(&[9]), Duration::from_millis(200)),
        Some(path),
        barid_store::Metrics::new(&barid_telemetry::prometheus::Registry::new()).unwrap(),
    );
    assert!(matches!(stranger.start().await, Err(Error::Unavailable(_))));
}

async fn a_torn_copy_is_used_as_far_as_it_is_whole(world: World) {
    let (store, path) = (world.store().await, world.path("copy"));
    put(&store, &subscription("acme", "a")).await;
    let live = mirror(&store, Some(&path));
    live.start().await.unwrap();
    let whole = fs::read(&path).unwrap();
    let revision = store.revision().await.unwrap();
    put(&store, &subscription("acme", "b")).await;
    live.refresh().await.unwrap();
    let grown = fs::read(&path).unwrap();
    drop(live);
    // However much of the last refresh has reached the disk.
    for cut in [whole.len(), whole.len() + 1, grown.len() - 30, grown.len() - 1] {
        fs::write(&path, &grown[..cut]).unwrap();
        let copied = started_from(&path).await.unwrap();
        assert_eq!(copied.snapshots().borrow().revision(), Some(revision), "cut at {cut}");
        let torn = fs::read(&path).unwrap();
        assert!(torn.ends_with(b"\n"), "what is appended next begins on a line of its own");
    }
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"nonsense\n").unwrap();
    started_from(&path).await.unwrap();
    for nothing in [&b""[..], b"nonsense", b"{\"barid_copy\":2,\"installation\":\"x\"}\n", &whole[..60]] {
        fs::write(&path, nothing).unwrap();
        assert!(matches!(started_from(&path).await, Err(Error::Unavailable(_))));
    }
}

async fn a_copy_is_written_anew_when_it_has_grown(world: World) {
    let (store, path) = (world.store().await, world.path("copy"));
    let live = mirror(&store, Some(&path));
    live.start().await.unwrap();
    let (mut largest, mut shrunk) = (0, false);
    for round in 0..600 {
        let url = format!("https://hooks.example.com/{round}/{}", "x".repeat(1_000));
        put(&store, &subscription_to("acme", "a", &url)).await;
        live.refresh().await.unwrap();
        let size = fs::metadata(&path).unwrap().len();
        shrunk |= size < largest;
        largest = largest.max(size);
    }
    assert!(shrunk);
    assert!(largest < 300 * 1024, "{largest}");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().flatten().filter(is_copy).count(), 1);
    let copied = started_from(&path).await.unwrap();
    assert_eq!(copied.snapshots().borrow().digest(), live.snapshots().borrow().digest());
}

fn is_copy(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    name.to_string_lossy().starts_with("copy") && !name.to_string_lossy().ends_with(".lock")
}

async fn a_copy_that_cannot_be_written_stops_nothing(world: World) {
    let store = world.store().await;
    put(&store, &subscription("acme", "a")).await;
    fs::write(world.path("file"), "").unwrap();
    let path = world.path("file/copy");
    let live = mirror(&store, Some(&path));
    live.start().await.unwrap();
    put(&store, &subscription("acme", "b")).await;
    live.refresh().await.unwrap();
    assert_eq!(live.snapshots().borrow().len(), 2);
    // Once it can be written again, the next verification does.
    fs::remove_file(world.path("file")).unwrap();
    live.verify().await.unwrap();
    assert_eq!(started_from(&path).await.unwrap().snapshots().borrow().len(), 2);
}

#[tokio::test]
async fn processes_with_one_path_keep_a_copy_each_and_start_from_the_newest() {
    let world = World::sqlite();
    let (store, path) = (world.store().await, world.path("copy"));
    let (first, second) = (mirror(&store, Some(&path)), mirror(&store, Some(&path)));
    first.start().await.unwrap();
    second.start().await.unwrap();
    for name in ["a", "b", "c"] {
        put(&store, &subscription("acme", name)).await;
        second.refresh().await.unwrap();
        if name == "a" {
            first.refresh().await.unwrap();
        }
    }
    // Each by itself is whole, and the first one is behind.
    fs::copy(&path, world.path("alone")).unwrap();
    assert_eq!(started_from(&world.path("alone")).await.unwrap().snapshots().borrow().len(), 1);
    assert_eq!(started_from(&path).await.unwrap().snapshots().borrow().len(), 3);
    drop((first, second));
    assert_eq!(started_from(&path).await.unwrap().snapshots().borrow().len(), 3);
}

#[tokio::test]
async fn a_copy_with_what_does_not_open_is_not_started_from() {
    let world = World::sqlite();
    let (store, path) = (world.store().await, world.path("copy"));
    put(&store, &subscription("acme", "a")).await;
    let both = world.store_with(&keys(&[2, 1]));
    let live = mirror(&both, Some(&path));
    live.start().await.unwrap();
    let with_new_key_only = async || {
        let away = store_at("postgres://barid:barid@127.0.0.1:1/barid", &keys(&[2]), Duration::from_millis(200));
        let copied = mirror(&away, Some(&path));
        copied.start().await.map(|()| copied.snapshots().borrow().len())
    };
    // The lines are sealed with the new key, and what stands in them with the old one.
    assert!(matches!(with_new_key_only().await, Err(Error::Unavailable(_))));
    both.reseal(|_, _| ()).await.unwrap();
    live.refresh().await.unwrap();
    assert_eq!(with_new_key_only().await.unwrap(), 1);
}

#[tokio::test]
async fn a_copy_of_another_installation_never_meets_the_store() {
    let (ours, theirs) = (World::sqlite(), World::sqlite());
    let path = theirs.path("copy");
    let store = theirs.store().await;
    put(&store, &subscription("acme", "theirs")).await;
    mirror(&store, Some(&path)).start().await.unwrap();

    // Somebody else starts at the same time, and takes long: our store is as good as away.
    ours.store().await;
    let lock = fs::File::open(ours.path("data/barid.db.lock")).unwrap();
    lock.lock().unwrap();
    let url = format!("sqlite:{}", ours.path("data/barid.db").display());
    let mixed = mirror(&store_at(&url, &keys(&[1]), Duration::from_millis(200)), Some(&path));
    mixed.start().await.unwrap();
    assert!(mixed.is_stale());
    lock.unlock().unwrap();
    assert!(matches!(mixed.refresh().await, Err(Error::OtherInstallation { .. })));
    assert!(mixed.is_stale());
}
