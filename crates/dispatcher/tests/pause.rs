//! A subscription paused, tested and resumed, on a real broker: `BARID_BROKER__URL`, else the private node of
//! `deploy/dev/broker`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use barid_broker::control::Notice;
use barid_broker::outgoing::Outgoing;
use barid_broker::own_lanes::{self, Look};
use barid_broker::topology::{Options, Topology};
use barid_broker::work::{Delivery, Work};
use barid_broker::{Config, Lane, Metrics, Names, Road};
use barid_dispatcher::Dispatcher;
use barid_registry::{OwnLane, Snapshot, Subscription, file};
use barid_telemetry::Health;
use barid_telemetry::prometheus::Registry;
use chrono::{DateTime, TimeDelta};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dev/broker");

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

fn broker() -> String {
    std::env::var("BARID_BROKER__URL").unwrap_or_else(|_| {
        let started = Command::new(SCRIPT).arg("up").output().expect("the script runs");
        String::from_utf8(started.stdout).expect("it prints a URL").trim().to_owned()
    })
}

/// A receiver that accepts everything; its port, and what it was sent.
async fn receiver() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, requests) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = vec![0; 64 * 1024];
            let length = socket.read(&mut buffer).await.unwrap_or_default();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            let _gone = socket.write_all(answer).await;
            let _over = seen.send(String::from_utf8_lossy(&buffer[..length]).into_owned()).await;
        }
    });
    (port, requests)
}

fn snapshot(subscription: &Subscription, paused: bool, lane: OwnLane, revision: u64) -> Arc<Snapshot> {
    let subscription = Subscription { paused, lane, ..subscription.clone() };
    Arc::new(Snapshot::compile(vec![subscription], Some(revision)).unwrap())
}

fn work(subscription: &str, test: Option<&str>, now: DateTime<chrono::Utc>) -> bytes::Bytes {
    let envelope = r#"{"specversion":"1.0","id":"e1","source":"/s","type":"deal.won","time":"2026-11-24T10:00:00Z","datacontenttype":"application/json"}"#;
    let delivery =
        Delivery { test: test.map(str::to_owned), ..Delivery::first(subscription, now + TimeDelta::hours(1)) };
    let work = Work {
        envelope: serde_json::from_str(envelope).unwrap(),
        accepted_at: now,
        revision: Some(1),
        hops: 0,
        deliveries: Vec::new(),
        data: "{}".into(),
    };
    work.encode(&[delivery]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_waits_in_its_own_lane_can_be_tested_and_is_sent_on_resume() {
    let now = DateTime::from(std::time::UNIX_EPOCH + std::time::UNIX_EPOCH.elapsed().unwrap());
    let (port, mut requests) = receiver().await;
    let document = format!(
        "subscriptions: [{{name: a, events: ['#'], destination: {{url: 'http://127.0.0.1:{port}/'}}, \
         signing: {{secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}}}}]"
    );
    let subscription = file::parse(&document, true).unwrap().remove(0).compile();
    let id = subscription.id.as_str();

    let name = format!("p-{port}-{}", std::process::id());
    let names = Names::new(name.parse().unwrap(), format!("crm-{name}"));
    let (stop, registry) = (CancellationToken::new(), Registry::new());
    let config = Config::new(broker().into(), names.clone());
    let road = Road::open(config, Metrics::new(&registry).unwrap(), CancellationToken::new());
    let mut link = road.link.clone();
    let topology = Topology::new(&names, &Options::default());
    topology.apply(&mut link).await.unwrap();
    own_lanes::declare(&mut link, &names, id).await.unwrap();
    road.control.listening().await;
    let mut notices = road.control.notices();

    let (snapshots, seen) = watch::channel(snapshot(&subscription, true, OwnLane::Open, 1));
    let mut config = barid_dispatcher::Config::default();
    config.egress.guard = barid_egress::Guard { allow_http: true, allow_private_networks: true };
    let metrics = barid_dispatcher::Metrics::new(&registry).unwrap();
    let refresh = Arc::new(Notify::new());
    let dispatcher = Dispatcher::new(config, road.clone(), seen, &Health::new(), metrics, refresh).unwrap();
    let running = tokio::spawn(dispatcher.run(stop.clone()));

    let lane = Lane::Work(0);
    let publish =
        async |test| road.publisher.publish(Outgoing::to_lane(&names, &lane, work(id, test, now))).await.unwrap();
    publish(None).await;
    let waits = async {
        let set_aside = Some(Look { ready: 1, consumers: 0 });
        while own_lanes::look(&mut link, &names, id).await.ok().flatten() != set_aside {}
    };
    timeout(PATIENCE, waits).await.expect("it waits in its own lane");
    assert!(requests.try_recv().is_err(), "nothing is sent while paused");

    publish(Some("t1")).await;
    let tested = async {
        loop {
            if let Ok(Notice::Tested { test, outcome }) = notices.recv().await {
                break (test, outcome);
            }
        }
    };
    let (test, outcome) = timeout(PATIENCE, tested).await.expect("the outcome is told");
    assert_eq!((test.as_str(), outcome.status, outcome.body.as_str()), ("t1", Some(200), "ok"));
    assert!(requests.recv().await.is_some());

    snapshots.send_replace(snapshot(&subscription, false, OwnLane::Open, 2));
    timeout(PATIENCE, requests.recv()).await.expect("it is sent on resume");
    snapshots.send_replace(snapshot(&subscription, false, OwnLane::Retiring, 3));
    snapshots.send_replace(snapshot(&subscription, false, OwnLane::Closing, 4));
    // Whatever goes wrong, it is asked again.
    let deleted = async { while !own_lanes::delete(&mut link, &names, id).await.is_ok_and(|gone| gone) {} };
    timeout(PATIENCE, deleted).await.expect("the lane becomes vacant");
    assert!(requests.try_recv().is_err(), "it is sent once");

    snapshots.send_replace(snapshot(&subscription, false, OwnLane::None, 5));
    stop.cancel();
    timeout(PATIENCE, running).await.expect("the dispatcher stops").unwrap();
    topology.remove(&mut link, true).await.unwrap();
}
