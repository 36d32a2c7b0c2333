//! Whatever is killed, the ledger has a record of it: no delivery without an attempt, no event without its decision.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use barid_broker::ledger::{How, Outcome, Record};
use barid_event::Tenant;
use barid_registry::{Name, SubscriptionId};
use barid_tests::receiver::{Answer, Script};
use barid_tests::{Load, Message, Receiver, Verdict, Wants, World, event};
use tokio::time::sleep;

use crate::ALL;

/// How often a process is killed.
const KILLS: usize = 8;

/// Events a second.
const RATE: u32 = 200;

/// The id under which a subscription of the default tenant is recorded.
fn id_of(name: &str) -> Result<String> {
    let name: Name = name.parse()?;
    Ok(SubscriptionId::derive(&Tenant::default(), &name).to_string())
}

/// The seed of the moments, from `BARID_TEST_SEED` or fresh. Printed, so that a failure can be repeated.
fn dice() -> fastrand::Rng {
    let given = std::env::var("BARID_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("BARID_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_and_every_delivery_is_recorded_when_routers_and_dispatchers_are_killed() -> Result<()> {
    let mut dice = dice();
    let receiver = Receiver::start().await?;
    receiver.on("/flaky", Script::first(std::iter::repeat_n(Answer::status(503), 20)));
    let mut world = World::new("kill-recorded").await?;
    world.subscribe(&[
        Wants::everything("steady", receiver.url("/steady")),
        Wants::everything("flaky", receiver.url("/flaky")).schedule(&["1s", "1s", "1s", "1s", "1s"]),
    ])?;
    let mut processes = Vec::new();
    for role in ["router", "dispatcher", "dispatcher"] {
        processes.push((role, world.start(&[role]).await?));
    }
    let load = Load::start(&world.publisher, &world.names, "recorded", RATE);
    for _ in 0..KILLS {
        // The moment is the dice's, not a wait for anything.
        sleep(Duration::from_millis(dice.u64(50..500))).await;
        let (role, process) = &mut processes[dice.usize(..3)];
        process.kill().await?;
        *process = world.start(&[role]).await?;
    }
    let books = load.stop().await?;
    for path in ["/steady", "/flaky"] {
        receiver.all_arrived(path, &books.confirmed).await?;
    }
    world.settled().await?;
    for path in ["/steady", "/flaky"] {
        Verdict::of(&books, &receiver.ids(path)).demand(path)?;
    }

    let (steady, flaky) = (id_of("steady")?, id_of("flaky")?);
    let mut unrouted = books.confirmed.clone();
    let mut undelivered: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, subscription) in [("/steady", &steady), ("/flaky", &flaky)] {
        undelivered.extend(receiver.ids(path).into_keys().map(|message| (message, subscription.clone())));
    }
    let mut retries = 0;
    let read = world.read_ledger(|record| {
        match record {
            Record::Routed(routed) => {
                assert_eq!(routed.fanout, 2);
                assert!(routed.deliveries.iter().any(|id| *id == steady));
                unrouted.remove(&*routed.message_id);
            }
            Record::Attempt(attempt) if attempt.outcome == Outcome::Delivered => {
                undelivered.remove(&(attempt.message_id.into_owned(), attempt.subscription.into_owned()));
            }
            Record::Attempt(attempt) => {
                assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, Some(503)));
                assert!(attempt.next_at.is_some_and(|next| next > attempt.at));
                retries += 1;
            }
            Record::Ended(_) | Record::Malformed(_) => panic!("nothing ends here: {record:?}"),
        }
        unrouted.is_empty() && undelivered.is_empty()
    });
    let complete = read.await;
    complete.map_err(|error| error.context(format!("no Routed of {unrouted:?}, no Attempt of {undelivered:?}")))?;
    println!("{retries} retries recorded until all was");
    world.finish().await
}

#[tokio::test]
async fn the_record_of_what_dies_says_why() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/gone", Answer::with_headers(410, &[("content-type", "text/plain"), ("retry-after", "7")]));
    let mut world = World::new("recorded-dead").await?;
    world.subscribe(&[Wants::everything("gone", receiver.url("/gone"))])?;
    world.start(&ALL).await?;
    let message_id = world.publish(&event("deal.won", "evt-1")?).await?;
    let bad = Message::new(world.names.events(), "deal.lost", "{").property("message_id", "bad-1");
    world.witness.publish(&bad).await?;
    world.claim_dead_letters(2).await?;

    let gone = id_of("gone")?;
    let (mut attempts, mut ends, mut malformed) = (Vec::new(), Vec::new(), Vec::new());
    let read = world.read_ledger(|record| {
        match record {
            Record::Routed(routed) => assert_eq!(routed.deliveries, [gone.as_str()]),
            Record::Attempt(attempt) => attempts.push(attempt),
            Record::Ended(ended) => ends.push(ended),
            Record::Malformed(record) => malformed.push(record),
        }
        !attempts.is_empty() && !ends.is_empty() && !malformed.is_empty()
    });
    read.await?;
    let (attempt, ended, malformed) = (&attempts[0], &ends[0], &malformed[0]);
    assert_eq!((&*attempt.message_id, attempt.attempt, attempt.outcome), (&*message_id, 1, Outcome::Dead));
    assert_eq!((attempt.status, attempt.fault.as_deref()), (Some(410), Some("receiver")));
    let head = attempt.response.as_ref().map(|response| response.head.clone()).unwrap_or_default();
    assert_eq!((head.content_type.as_deref(), head.retry_after.as_deref()), (Some("text/plain"), Some("7")));
    assert_eq!((ended.how, &*ended.reason, ended.attempts), (How::Dead, "gone", 1));
    assert_eq!((&*malformed.reason, malformed.message_id.as_deref()), ("invalid_json", Some("bad-1")));
    world.finish().await
}
