//! The promise that the counter makes: whoever asks "what changed since" again and again misses nothing, however many
//! transactions run at the same time, and whichever of them come to nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use barid_store::{Error, Expect};
use tokio::task::JoinSet;

use crate::world::{PLENTY, World, at, keys, mirror, subscription, subscription_to};

crate::on_both_engines! {
    a_reader_that_polls_misses_nothing,
}

const WRITERS: usize = 8;
const ROUNDS: usize = 60;

async fn a_reader_that_polls_misses_nothing(world: World) {
    world.store().await;
    let done = Arc::new(AtomicBool::new(false));
    // Every writer is a process of its own as far as the database can tell.
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = world.store_with(&keys(&[1]));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let name = format!("w{writer}-n{}", round % 7);
                let settings = subscription_to("acme", &name, &format!("https://{writer}.example.com/{round}"));
                match round % 5 {
                    // Rolled back, after the counter was raised.
                    0 => {
                        let refused =
                            store.put_subscription(&settings, Expect::Revision(u64::MAX), PLENTY, at(0)).await;
                        assert!(matches!(refused, Err(Error::Conflict { .. } | Error::NotFound)));
                    }
                    1 => match store.delete_subscription(&settings.id(), Expect::Any, at(0)).await {
                        Ok(_) | Err(Error::NotFound) => {}
                        Err(error) => panic!("{error:?}"),
                    },
                    _ => {
                        store.put_subscription(&settings, Expect::Any, PLENTY, at(0)).await.unwrap();
                    }
                }
            }
        });
    }
    let reader = mirror(&world.store_with(&keys(&[1])), None);
    reader.start().await.unwrap();
    let polling = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            let mut polls = 0;
            while !done.load(Ordering::Relaxed) {
                let refreshed = reader.refresh().await.unwrap();
                assert!(!refreshed.full);
                polls += 1;
                // At every moment it has exactly what the store had at that revision.
                assert!(!reader.verify().await.unwrap().full, "missed something by poll {polls}");
            }
            reader.refresh().await.unwrap();
            (reader, polls)
        }
    });
    writers.join_all().await;
    done.store(true, Ordering::Relaxed);
    let (reader, polls) = polling.await.unwrap();

    let store = world.store().await;
    assert_eq!(reader.snapshots().borrow().revision(), Some(store.revision().await.unwrap()));
    let fresh = mirror(&store, None);
    fresh.start().await.unwrap();
    let (reader, fresh) = (reader.snapshots(), fresh.snapshots());
    assert_eq!(crate::mirror::says(&reader.borrow()), crate::mirror::says(&fresh.borrow()));
    assert!(polls > 10, "it polled {polls} times only");
    assert!(fresh.borrow().get(subscription("acme", "w0-n4").id().as_str()).is_some());
}
