//! A PostgreSQL that crashes and comes back, under processes that run.

use std::time::Duration;

use barid_store::Error;

use crate::world::{World, at, keys, mirror, put, script, store_at, subscription};

/// A server of this test alone, wiped when dropped.
struct OwnServer;

impl OwnServer {
    const NODE: [&'static str; 2] = ["--node", "test-outage"];

    fn start() -> (Self, String) {
        Self::verb("wipe");
        let own = Self;
        (own, Self::verb("up"))
    }

    fn verb(verb: &str) -> String {
        script(&[&Self::NODE[..], &[verb]].concat())
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        Self::verb("wipe");
    }
}

#[tokio::test]
async fn processes_go_on_while_the_server_is_away_and_catch_up_when_it_is_back() {
    let (_server, url) = OwnServer::start();
    let world = World::sqlite();
    let store = store_at(&url, &keys(&[1]), Duration::from_secs(5));
    store.prepare().await.unwrap();
    put(&store, &subscription("acme", "a")).await;
    let running = mirror(&store, Some(&world.path("copy")));
    running.start().await.unwrap();

    OwnServer::verb("kill");
    assert!(matches!(running.refresh().await, Err(Error::Unavailable(_))));
    assert!(!running.is_stale());
    assert_eq!(running.snapshots().borrow().len(), 1);
    let refused = store.put_subscription(&subscription("acme", "b"), barid_store::Expect::Any, 10, at(0)).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
    let hasty = store_at(&url, &keys(&[1]), Duration::from_secs(1));
    let starting = mirror(&hasty, Some(&world.path("copy")));
    starting.start().await.unwrap();
    assert!(starting.is_stale());

    assert_eq!(OwnServer::verb("up"), url);
    put(&store, &subscription("acme", "b")).await;
    for mirror in [running, starting] {
        assert_eq!(mirror.refresh().await.unwrap().changed, 1);
        assert!(!mirror.is_stale());
        assert_eq!(mirror.snapshots().borrow().len(), 2);
    }
}
