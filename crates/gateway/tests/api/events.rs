//! Publishing over HTTP: what the broker has is what the client was told.

use barid_broker::incoming::Incoming;
use serde_json::json;
use tokio::sync::mpsc;

use crate::world::{Choice, World};

/// The next event in the inbox, as JSON: envelope, data, and how often it has passed through Barid.
async fn next(inbox: &mut mpsc::Receiver<Incoming>) -> (serde_json::Value, String, u8) {
    let incoming = inbox.recv().await.unwrap();
    let message = incoming.message();
    let limits = barid_event::amqp::Limits::default();
    let read = barid_event::amqp::read(&message, &limits, crate::world::now(), uuid::Uuid::now_v7).unwrap();
    let seen = (
        serde_json::to_value(&read.event.envelope).unwrap(),
        String::from_utf8_lossy(&read.event.data).into_owned(),
        incoming.hops(),
    );
    incoming.receipt.ack();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_event_reaches_the_inbox() {
    let world = World::new().await;
    let (out, mut inbox) = mpsc::channel(16);
    let _consumer = world.road.consume(0, world.road.names.inbox(), 16, out);

    let plain = r#"{"type": "deal.won", "id": "1", "source": "/crm", "data": {"amount": 1.50}}"#;
    let json = ("content-type", "application/json");
    let answer = world.with_headers("POST", "/v1/events", &[json, ("barid-hops", "2")], plain).await.expect(202);
    assert_eq!(answer.body["id"], "1");
    assert!(answer.body["message_id"].as_str().unwrap().starts_with("msg_"));
    let (envelope, data, hops) = next(&mut inbox).await;
    assert_eq!((envelope["id"].as_str(), data.as_str(), hops), (Some("1"), r#"{"amount": 1.50}"#, 2));

    let structured = ("content-type", "application/cloudevents+json");
    let whole = r#"{"specversion": "1.0", "type": "deal.won", "id": "2", "source": "/crm", "datacontenttype": "text/plain", "data": "hi"}"#;
    world.with_headers("POST", "/v1/events", &[structured], whole).await.expect(202);
    assert_eq!(next(&mut inbox).await.1, "hi");

    let binary = [
        ("content-type", "application/pdf"),
        ("ce-specversion", "1.0"),
        ("ce-type", "file.added"),
        ("ce-id", "3"),
        ("ce-source", "/crm"),
        ("ce-subject", "M%C3%BCller"),
    ];
    world.with_headers("POST", "/v1/events", &binary, "%PDF").await.expect(202);
    let (envelope, data, _) = next(&mut inbox).await;
    assert_eq!((envelope["subject"].as_str(), data.as_str()), (Some("Müller"), "%PDF"));

    let batch = ("content-type", "application/cloudevents-batch+json");
    let events = r#"[{"type": "deal.won", "id": "4"}, {"type": "Deal"}, {"type": "deal.lost", "id": "5"}]"#;
    let answer = world.with_headers("POST", "/v1/events", &[batch], events).await.expect(202);
    let states: Vec<_> = answer.body["data"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect();
    assert_eq!(states, ["accepted", "refused", "accepted"]);
    assert_eq!(answer.body["data"][1]["error"]["errors"][0]["pointer"], "/type");
    let mut ids = vec![next(&mut inbox).await.0["id"].clone(), next(&mut inbox).await.0["id"].clone()];
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, ["4", "5"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_gives_the_same_ids_again() {
    let world = World::new().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "order-7")];
    let body = r#"[{"type": "deal.won"}, {"type": "deal.won"}]"#;
    let first = world.with_headers("POST", "/v1/events", &headers, body).await.expect(202);
    let again = world.with_headers("POST", "/v1/events", &headers, body).await.expect(202);
    assert_eq!(first.body, again.body);
    assert_ne!(first.body["data"][0]["id"], first.body["data"][1]["id"]);
    let headers = [("content-type", "application/json"), ("idempotency-key", "a b")];
    world.with_headers("POST", "/v1/events", &headers, body).await.expect(400);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_key_publishes_for_its_tenant_only() {
    let world = World::new().await;
    let key = world.key("publish", "acme").await;
    let publish = async |event| world.request(&key, "POST", "/v1/events", Some(&event)).await;
    publish(json!({"type": "deal.won"})).await.expect(202);
    publish(json!({"type": "deal.won", "tenant": "globex"})).await.expect(403);
    let mixed = publish(json!([{"type": "deal.won"}, {"type": "deal.won", "tenant": "globex"}])).await.expect(202);
    assert_eq!(mixed.body["data"][1]["error"]["status"], 403);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_publishes_too_fast_is_told_when_to_go_on() {
    let quotas = barid_gateway::DefaultQuotas { publish_per_second: 1, ..Default::default() };
    let world = World::with(Choice { quotas, ..Choice::default() }).await;
    let event = json!({"type": "deal.won"});
    world.post("/v1/events", &json!([event, event])).await.expect(202);
    let refused = world.post("/v1/events", &event).await.expect(429);
    assert_eq!(refused.header("retry-after"), "1");
    world.post("/v1/events", &json!([event, event, event])).await.expect(422);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_is_no_event() {
    let world = World::new().await;
    let json = ("content-type", "application/json");
    let send =
        async |headers: &[(&str, &str)], body: &str| world.with_headers("POST", "/v1/events", headers, body).await;
    send(&[json], "{").await.expect(400);
    send(&[json], "[]").await.expect(422);
    send(&[json], "[1]").await.expect(422);
    send(&[json], "").await.expect(400);
    send(&[("content-type", "text/plain")], "{}").await.expect(415);
    send(&[], "{}").await.expect(415);
    send(&[json, ("content-length", "9000000")], "{}").await.expect(413);
    let many = serde_json::Value::from(vec![json!({"type": "a"}); 1_001]).to_string();
    send(&[json], &many).await.expect(422);
    world.post("/v1/events?colour=red", &json!({"type": "deal.won"})).await.expect(400);
    world.end().await;
}
