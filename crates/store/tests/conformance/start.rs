//! Making a store ready.

use std::time::Duration;

use barid_store::{Error, InvalidUrl, MasterKeys};
use tokio::task::JoinSet;

use crate::world::{World, keys, store_at};

crate::on_both_engines! {
    many_processes_may_start_at_once,
    a_store_with_another_master_key_is_refused,
    a_newer_schema_is_refused,
    a_changed_schema_is_refused,
    answers_once_it_is_ready,
}

async fn many_processes_may_start_at_once(world: World) {
    let mut starts = JoinSet::new();
    for _ in 0..8 {
        let store = world.store_with(&keys(&[1]));
        starts.spawn(async move { store.prepare().await.unwrap().id });
    }
    let mut ids = starts.join_all().await;
    ids.dedup();
    assert_eq!(ids.len(), 1, "one installation: {ids:?}");
    assert_eq!(world.store_with(&keys(&[1])).prepare().await.unwrap().id, ids[0]);
}

async fn a_store_with_another_master_key_is_refused(world: World) {
    world.store().await;
    assert!(matches!(world.store_with(&keys(&[2])).prepare().await, Err(Error::WrongMasterKey)));
    world.store_with(&keys(&[2, 1])).prepare().await.unwrap();
}

async fn a_newer_schema_is_refused(world: World) {
    world.store().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1";
    world.sql(newer.to_owned()).await;
    let refused = world.store_with(&keys(&[1])).prepare().await.unwrap_err();
    assert!(matches!(refused, Error::NewerSchema(9999)), "{refused:?}");
}

async fn a_changed_schema_is_refused(world: World) {
    world.store().await;
    world.sql("UPDATE registry SET word = 'nonsense'".to_owned()).await;
    let refused = world.store_with(&keys(&[1])).prepare().await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt(_)), "{refused:?}");
}

async fn answers_once_it_is_ready(world: World) {
    let store = world.store().await;
    store.ping().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 0);
}

/// With only its owner to read it.
#[cfg(unix)]
#[tokio::test]
async fn the_file_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::sqlite();
    let store = world.store().await;
    crate::world::put(&store, &crate::world::subscription("acme", "a")).await;
    for file in ["data/barid.db", "data/barid.db-wal", "data/barid.db.lock"] {
        let mode = std::fs::metadata(world.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn says_what_is_wrong_with_a_url() {
    let config = |url: &str| barid_store::Config {
        url: url.into(),
        keys: keys(&[1]),
        max_connections: 1,
        timeout: Duration::from_secs(1),
    };
    let refused = barid_store::Store::new(config("mysql://root:secret@db/barid")).unwrap_err();
    assert!(matches!(refused, Error::Url(InvalidUrl::Scheme(_))));
    assert!(!refused.to_string().contains("secret"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_available_and_its_password_not_shown() {
    // Nobody listens on the first port.
    let nobody = store_at("postgres://barid:pa55word@127.0.0.1:1/barid", &keys(&[1]), Duration::from_millis(300));
    let error = nobody.prepare().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("pa55word"));
    assert!(!format!("{nobody:?}").contains("pa55word"));
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let store = store_at("sqlite:/proc/no/barid.db", &keys(&[1]), Duration::from_secs(5));
    let error = store.prepare().await.unwrap_err();
    assert!(matches!(&error, Error::File { path, .. } if path == "/proc/no"), "{error:?}");
}

#[test]
fn a_generated_key_is_a_key() {
    let key = MasterKeys::generate(|bytes| bytes.fill(3));
    assert!(MasterKeys::new(&key, &[]).is_ok());
}
