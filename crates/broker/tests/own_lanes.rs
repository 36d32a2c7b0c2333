//! Own lanes and roll calls against a real broker: `BARID_BROKER__URL`, else the private node of `deploy/dev/broker`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::process::Command;
use std::time::Duration;

use barid_broker::consumer::Flow;
use barid_broker::control::Notice;
use barid_broker::delay::Delay;
use barid_broker::outgoing::Outgoing;
use barid_broker::own_lanes::{Look, declare, delete, look};
use barid_broker::topology::{Options, Topology};
use barid_broker::{Config, Lane, Link, Metrics, Names, Road, roll_call};
use barid_telemetry::prometheus::Registry;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dev/broker");

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn broker() -> String {
    std::env::var("BARID_BROKER__URL").unwrap_or_else(|_| {
        let started = Command::new(SCRIPT).arg("up").output().expect("the script runs");
        String::from_utf8(started.stdout).expect("it prints a URL").trim().to_owned()
    })
}

/// A namespace of its own, removed at the end.
struct World {
    road: Road,
    link: Link,
    names: Names,
    topology: Topology,
}

impl World {
    async fn new() -> Self {
        let id = Uuid::now_v7().simple().to_string();
        let names = Names::new(format!("t-{id}").parse().unwrap(), format!("crm-{id}"));
        let config = Config::new(broker().into(), names.clone());
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let road = Road::open(config, metrics, CancellationToken::new());
        let mut link = road.link.clone();
        let topology = Topology::new(&names, &Options::default());
        topology.apply(&mut link).await.unwrap();
        Self { road, link, names, topology }
    }

    async fn publish(&self, outgoing: Outgoing) {
        self.road.publisher.publish(outgoing).await.unwrap();
    }

    async fn look(&mut self) -> Option<Look> {
        look(&mut self.link, &self.names, "sub_1").await.unwrap()
    }

    /// Looks again and again until the lane looks like this.
    async fn sees(&mut self, ready: u32, consumers: u32) {
        let wanted = Some(Look { ready, consumers });
        timeout(PATIENCE, async { while self.look().await != wanted {} }).await.expect("the lane looks as wanted");
    }

    async fn remove(mut self) {
        self.topology.remove(&mut self.link, true).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_lane_takes_deliveries_at_once_and_after_a_delay_and_goes_when_it_is_vacant() {
    let mut world = World::new().await;
    let lane = Lane::own("sub_1");
    assert_eq!(world.look().await, None);
    assert!(delete(&mut world.link, &world.names, "sub_1").await.unwrap(), "none counts as deleted");

    for _twice in 0..2 {
        declare(&mut world.link, &world.names, "sub_1").await.unwrap();
    }
    world.publish(Outgoing::to_lane(&world.names, &lane, "now".into())).await;
    let delay = Delay::at_least(Duration::from_secs(1), 4);
    world.publish(Outgoing::to_lane_after(&world.names, &lane, delay, "later".into())).await;
    world.sees(2, 0).await;
    assert!(!delete(&mut world.link, &world.names, "sub_1").await.unwrap());

    let (out, mut inbox) = mpsc::channel(8);
    let consumer = world.road.consume_own_lane(7, "sub_1", 8, out);
    let first = timeout(PATIENCE, inbox.recv()).await.unwrap().unwrap();
    let second = timeout(PATIENCE, inbox.recv()).await.unwrap().unwrap();
    assert_eq!((first.from, &first.body[..], &second.body[..]), (7, &b"now"[..], &b"later"[..]));
    first.receipt.ack();

    // What is being worked on shows in the consumer, also when that is cancelled.
    consumer.set_flow(Flow::Stopped);
    let mut depths = world.road.depths(vec![world.names.lane_queue(&lane)]);
    let cancelled = async {
        while consumer.held() > 1 {
            // A question to the broker gives the consumer its time.
            depths.look().await.unwrap();
        }
    };
    timeout(PATIENCE, cancelled).await.expect("the consumer is cancelled");
    world.sees(0, 1).await;
    assert!(!delete(&mut world.link, &world.names, "sub_1").await.unwrap(), "a message is still being worked on");

    second.receipt.ack();
    timeout(PATIENCE, consumer.drained()).await.unwrap();
    drop(consumer);
    world.sees(0, 0).await;
    assert!(delete(&mut world.link, &world.names, "sub_1").await.unwrap());
    assert_eq!(world.look().await, None);
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_call_waits_for_every_router_that_consumes() {
    let world = World::new().await;
    let have = |revision, within| roll_call::routers_have(&world.road, revision, within);
    assert!(have(7, PATIENCE).await, "no router, none that is behind");

    let (out, _inbox) = mpsc::channel(8);
    let consumer = world.road.consume(0, world.names.inbox(), 8, out);
    let is_missed = async { while have(7, Duration::from_secs(1)).await {} };
    timeout(PATIENCE, is_missed).await.expect("one that consumes and says nothing is missed");

    let (control, mut calls) = (world.road.control.clone(), world.road.control.notices());
    let answering = tokio::spawn(async move {
        let mut revision = 5;
        while let Ok(notice) = calls.recv().await {
            let Notice::RollCall { call } = notice else { continue };
            revision += 1;
            control.tell(&Notice::Present {
                call: Some(call),
                process: "p".to_owned(),
                roles: vec!["router".to_owned()],
                installation: Some("i".to_owned()),
                revision: Some(revision),
                since: 1,
            });
        }
    });
    assert!(have(8, PATIENCE).await, "it catches up from call to call");
    let others = roll_call::others(&world.road, Duration::from_millis(500)).await;
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].installation.as_deref(), Some("i"));
    consumer.set_flow(Flow::Stopped);
    timeout(PATIENCE, consumer.drained()).await.unwrap();
    assert!(!have(u64::MAX, Duration::from_secs(1)).await, "one that is behind counts, also between two sessions");
    answering.abort();
    world.remove().await;
}
