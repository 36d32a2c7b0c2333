//! The journal, the ledger and its overflow against the private node of `deploy/dev/broker`, whose streams are suspended
//! and deleted here: a broker of somebody else's would not let us.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::process::Command;
use std::time::Duration;

use barid_broker::ledger::{Attempt, Outcome, Record, Writer, decode};
use barid_broker::outgoing::Outgoing;
use barid_broker::stream::{Entry, Reader, Start};
use barid_broker::topology::{Options, Retention, Topology};
use barid_broker::{Config, Metrics, Names, Road, journal};
use barid_telemetry::prometheus::Registry;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dev/broker");

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

fn script(arguments: &[&str]) -> String {
    let mut command = Command::new(SCRIPT);
    let ran = command.args(arguments).env_remove("BARID_BROKER__URL").output().expect("the script runs");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("it prints text").trim().to_owned()
}

/// Stops the process of a stream (`suspend`), which then is there and confirms nothing, or lets it go on (`resume`).
fn silence(stream: &str, verb: &str) {
    let code = format!(
        "{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{stream}\">>)), \
         sys:{verb}(amqqueue:get_pid(Q))."
    );
    script(&["ctl", "eval", &code]);
}

/// A namespace of its own, removed at the end.
struct World {
    id: String,
    road: Road,
    names: Names,
    topology: Topology,
    metrics: Metrics,
}

impl World {
    async fn new() -> Self {
        let id = Uuid::now_v7().simple().to_string();
        let names = Names::new(format!("t-{id}").parse().unwrap(), format!("crm-{id}"));
        let mut config = Config::new(script(&["up"]).into(), names.clone());
        config.connection_name.clone_from(&id);
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let road = Road::open(config, metrics.clone(), CancellationToken::new());
        let topology = Topology::new(&names, &Options::default());
        topology.apply(&mut road.link.clone()).await.unwrap();
        Self { id, road, names, topology, metrics }
    }

    /// Cuts the connections of this world.
    fn cut(&self) {
        let connections = script(&["ctl", "-q", "--no-table-headers", "list_connections", "pid", "client_properties"]);
        for connection in connections.lines().filter(|connection| connection.contains(&self.id)) {
            let pid = connection.split_whitespace().next().unwrap();
            script(&["ctl", "close_connection", pid, "a test"]);
        }
    }

    fn ledger(&self) -> Writer {
        self.road.ledger().expect("records are wanted")
    }

    /// Publishes a message with this body to the events exchange.
    async fn publish(&self, body: &str) {
        self.road.publisher.publish(Outgoing::canary(&self.names, body.to_owned().into())).await.unwrap();
    }

    fn journal(&self, start: Start, credit: u16) -> Reader {
        journal::reader(self.road.link.clone(), &self.names, start, credit)
    }

    fn is_overflowing(&self) -> bool {
        self.metrics.ledger_overflow.get() == 1
    }

    async fn remove(self) {
        self.topology.remove(&mut self.road.link.clone(), true).await.unwrap();
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it happens in time")
}

async fn take(reader: &mut Reader, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(within(reader.next()).await);
    }
    entries
}

fn bodies(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8_lossy(&entry.body).into_owned()).collect()
}

fn record(id: &str) -> Record<'_> {
    Record::Attempt(Attempt {
        at: DateTime::UNIX_EPOCH,
        tenant: "acme".into(),
        event_id: id.into(),
        message_id: "msg_1".into(),
        subscription: "sub_1".into(),
        attempt: 1,
        took_ms: 1,
        outcome: Outcome::Delivered,
        status: Some(204),
        fault: None,
        error: None,
        response: None,
        next_at: None,
        replay: false,
    })
}

fn ids(body: &bytes::Bytes) -> Vec<String> {
    let id = |record| match record {
        Ok(Record::Attempt(attempt)) => attempt.event_id.into_owned(),
        other => panic!("{other:?}"),
    };
    decode(body).unwrap().into_iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_read_from_its_beginning_from_an_offset_and_from_now_on() {
    let world = World::new().await;
    for number in 0..40 {
        world.publish(&number.to_string()).await;
    }
    // With less credit than there are entries, and with more.
    for credit in [1, 7, 100] {
        let all = take(&mut world.journal(Start::First, credit), 40).await;
        assert_eq!(bodies(&all), (0..40).map(|number| number.to_string()).collect::<Vec<_>>());
        assert!(all.iter().zip(0..).all(|(entry, offset)| entry.offset == offset), "offsets count from 0");
        assert_eq!(all[0].message().routing_key, "barid.canary");
    }
    let later = take(&mut world.journal(Start::Offset(25), 10), 15).await;
    assert_eq!((later[0].offset, later[14].offset), (25, 39));

    let mut next = world.journal(Start::Next, 10);
    assert!(timeout(Duration::from_millis(300), next.next()).await.is_err(), "what was there before is not told");
    world.publish("new").await;
    assert_eq!(bodies(&take(&mut next, 1).await), ["new"]);
    assert_eq!(next.position(), Start::Offset(41));
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_entry_of_the_journal_is_read_by_its_offset() {
    let world = World::new().await;
    for number in 0..5 {
        world.publish(&number.to_string()).await;
    }
    let read = |offset, within| journal::read_one(world.road.link.clone(), &world.names, offset, within);
    assert_eq!(read(3, PATIENCE).await.unwrap().unwrap().body, "3");
    assert!(read(5, Duration::from_millis(300)).await.is_err(), "the journal has not come that far");
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_from_a_time_begins_no_later_and_hardly_earlier() {
    let world = World::new().await;
    world.publish("long ago").await;
    // Times of a stream are told by whole seconds: what was published in this one may be told as well.
    let began_later = async {
        for number in 0.. {
            #[expect(clippy::disallowed_methods, reason = "the broker has no other clock either")]
            let time = Utc::now();
            world.publish(&number.to_string()).await;
            let first = bodies(&take(&mut world.journal(Start::Time(time), 10), 1).await).remove(0);
            if first != "long ago" {
                assert!(first.parse::<i32>().is_ok_and(|first| first <= number), "{first} came later than {number}");
                return time;
            }
        }
        unreachable!("numbers end later than patience")
    };
    let time = timeout(PATIENCE, began_later).await.unwrap();
    let before = Start::Time(time - TimeDelta::hours(1));
    assert_eq!(bodies(&take(&mut world.journal(before, 10), 2).await), ["long ago", "0"]);
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_goes_on_behind_its_last_entry_when_its_connection_was_cut() {
    let world = World::new().await;
    for number in 0..20 {
        world.publish(&number.to_string()).await;
    }
    let mut reader = world.journal(Start::First, 4);
    let mut read = take(&mut reader, 9).await;
    world.cut();
    read.extend(take(&mut reader, 11).await);
    assert!(read.iter().zip(0..).all(|(entry, offset)| entry.offset == offset), "none is missing, none comes twice");
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_what_it_was_declared_with() {
    let world = World::new().await;
    let retention = Retention { max_age: Duration::from_hours(1), max_bytes: 1_000_000 };
    for options in
        [Options { journal: retention, ..Options::default() }, Options { ledger: retention, ..Options::default() }]
    {
        let other = Topology::new(&world.names, &options);
        let refused = other.apply(&mut world.road.link.clone()).await.unwrap_err();
        assert!(refused.to_string().contains("exists with other arguments"), "{refused}");
    }
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_confirmed_in_batches_and_read_back_in_order() {
    let world = World::new().await;
    let ledger = world.ledger();
    let names: Vec<String> = (0..2000).map(|number| format!("evt-{number}")).collect();
    let tickets: Vec<_> = names.iter().map(|name| ledger.append(&record(name))).collect();
    let batches: std::collections::BTreeSet<_> = tickets.iter().map(barid_broker::ledger::Ticket::batch).collect();
    assert!((4..100).contains(&batches.len()), "{} batches", batches.len());
    for ticket in tickets {
        assert!(within(ticket.confirmed()).await);
    }
    let mut reader = Reader::new(world.road.link.clone(), world.names.ledger(), Start::First, 10);
    let mut read = Vec::new();
    while read.len() < names.len() {
        let entry = within(reader.next()).await;
        assert_eq!(entry.content_type(), Some("application/vnd.barid.ledger"));
        assert!(entry.body.len() <= 256 * 1024);
        read.extend(ids(&entry.body));
    }
    assert_eq!(read, names);
    assert!(ledger.accepts_work(Duration::from_secs(5)));
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_go_to_the_overflow_queue_while_the_stream_alone_is_silent_and_back_when_it_confirms() {
    let world = World::new().await;
    let (ledger, stream) = (world.ledger(), world.names.ledger());
    assert!(within(ledger.append(&record("before")).confirmed()).await);

    silence(&stream, "suspend");
    assert!(within(ledger.append(&record("silent")).confirmed()).await, "the overflow queue has it");
    assert!(world.is_overflowing());
    assert!(within(ledger.append(&record("after")).confirmed()).await);
    assert!(ledger.accepts_work(Duration::from_secs(5)));

    let (out, mut overflow) = mpsc::channel(8);
    let consumer = world.road.consume(0, world.names.ledger_overflow(), 8, out);
    let mut spilt = Vec::new();
    while spilt.len() < 2 {
        let incoming = within(overflow.recv()).await.unwrap();
        spilt.extend(ids(&incoming.body));
        incoming.receipt.ack();
    }
    assert_eq!(spilt, ["silent", "after"]);

    silence(&stream, "resume");
    within(async {
        while world.is_overflowing() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(within(ledger.append(&record("back")).confirmed()).await);
    let mut reader = Reader::new(world.road.link.clone(), stream, Start::First, 10);
    let mut read = Vec::new();
    while read.last().map(String::as_str) != Some("back") {
        read.extend(ids(&within(reader.next()).await.body));
    }
    read.dedup();
    assert_eq!(read, ["before", "silent", "back"], "what waited for the stream came both ways");
    within(consumer.drained()).await;
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_silent_overflow_queue_was_given_is_confirmed_by_the_stream_that_is_back() {
    let world = World::new().await;
    let (ledger, stream) = (world.ledger(), world.names.ledger());
    let overflow = world.names.ledger_overflow();
    silence(&stream, "suspend");
    let waited = ledger.append(&record("waited"));
    assert!(within(waited.confirmed()).await, "the overflow queue has it");
    silence(&overflow, "suspend");
    let ticket = ledger.append(&record("spilt"));
    within(async {
        while ledger.accepts_work(Duration::from_millis(100)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    silence(&stream, "resume");
    assert!(within(ticket.confirmed()).await);
    assert!(!world.is_overflowing());
    silence(&overflow, "resume");
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_gone_is_left_at_once_and_used_again_when_it_is_declared() {
    let world = World::new().await;
    let ledger = world.ledger();
    script(&["ctl", "delete_queue", &world.names.ledger()]);
    assert!(within(ledger.append(&record("spilt")).confirmed()).await);
    assert!(world.is_overflowing());
    world.topology.apply(&mut world.road.link.clone()).await.unwrap();
    within(async {
        while world.is_overflowing() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(within(ledger.append(&record("back")).confirmed()).await);
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_refused_while_a_record_waits_for_long() {
    let world = World::new().await;
    let (ledger, patience) = (world.ledger(), Duration::from_secs(2));
    assert!(within(ledger.append(&record("before")).confirmed()).await);
    assert!(ledger.accepts_work(patience));
    silence(&world.names.ledger(), "suspend");
    let ticket = ledger.append(&record("silent"));
    within(async {
        while ledger.accepts_work(patience) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    silence(&world.names.ledger(), "resume");
    assert!(within(ticket.confirmed()).await);
    within(async {
        while !ledger.accepts_work(patience) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    world.remove().await;
}
