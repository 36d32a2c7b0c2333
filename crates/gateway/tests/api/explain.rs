//! Explaining an event over the API.

use serde_json::{Value, json};

use crate::world::{World, subscription};

/// A subscription that wants deals over 100.
fn big() -> Value {
    let mut document = subscription("acme", "big");
    document["filter"] = json!("data.amount > 100");
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_of_every_subscription_and_publishes_nothing() {
    let world = World::new().await;
    world.post("/v1/subscriptions", &big()).await.expect(201);
    world.subscribe("acme", "all").await;
    world.subscribe("globex", "elsewhere").await;
    let event = json!({"type": "deal.won", "tenant": "acme", "data": {"amount": 5}});
    let told = world.post("/v1/explain", &event).await.expect(200);
    let all = told.body["subscriptions"].as_array().unwrap();
    let verdicts: Vec<_> = all.iter().map(|one| (&one["name"], &one["verdict"])).collect();
    assert_eq!(verdicts, [(&json!("all"), &json!("delivers")), (&json!("big"), &json!("filtered"))]);
    assert_eq!(all[1]["filter"]["values"], json!([{"path": "data.amount", "value": 5}]));
    assert_eq!((&told.body["fanout"], &told.body["refused"], told.body.get("sent")), (&json!(1), &Value::Null, None));
    assert!(!told.text.contains("private-path") && !told.text.contains("v1,"), "{}", told.text);
    assert!(!world.get("/metrics").await.text.contains(r#"barid_events_published_total{result="accepted"}"#));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_an_event_in_every_form_in_which_one_is_published() {
    let world = World::new().await;
    world.post("/v1/subscriptions", &big()).await.expect(201);
    let structured =
        r#"{"specversion":"1.0","id":"1","source":"/crm","type":"deal.won","tenant":"acme","data":{"amount":500}}"#;
    let plain = [("content-type", "application/json")];
    let cloudevents = [("content-type", "application/cloudevents+json")];
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/crm"),
        ("ce-type", "deal.won"),
        ("ce-tenant", "acme"),
    ];
    let forms = [(plain.as_slice(), structured), (&cloudevents, structured), (&binary, r#"{"amount":500}"#)];
    let mut answers = Vec::new();
    for (headers, body) in forms {
        let told = world.with_headers("POST", "/v1/explain?subscription=big", headers, body).await.expect(200);
        assert_eq!(told.body["subscriptions"][0]["verdict"], "delivers", "{}", told.text);
        answers.push(told.body["subscriptions"][0]["filter"].clone());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    world.post("/v1/explain", &json!([{"type": "deal.won"}])).await.expect(422);
    world.post("/v1/explain", &json!({"type": "Deal"})).await.expect(422);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_found_by_id_and_by_name_or_not_at_all() {
    let world = World::new().await;
    let made = world.post("/v1/subscriptions", &big()).await.expect(201);
    let event = json!({"type": "deal.won", "tenant": "acme", "data": {"amount": 500}});
    for asked in [made.body["id"].as_str().unwrap(), "big"] {
        let told = world.post(&format!("/v1/explain?subscription={asked}"), &event).await.expect(200);
        assert_eq!(told.body["subscriptions"][0]["name"], "big");
    }
    world.post("/v1/explain?subscription=nobody", &event).await.expect(404);
    world.post("/v1/explain?send=1", &event).await.expect(400);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_publishing_refuses_is_explained() {
    let world = World::new().await;
    world.post("/v1/tenants", &json!({"id": "acme"})).await.expect(201);
    let event_type = json!({"type": "deal.won", "validation": "enforce", "schema": {"required": ["owner"]}});
    world.post("/v1/event-types", &event_type).await.expect(201);
    world.post("/v1/subscriptions", &big()).await.expect(201);
    let event = json!({"type": "deal.won", "tenant": "acme", "data": {"amount": 500}});
    world.post("/v1/events", &event).await.expect(422);
    let told = world.post("/v1/explain", &event).await.expect(200);
    assert_eq!(told.body["refused"]["reason"], "schema");
    assert_eq!(told.body["schema"]["errors"][0]["pointer"], "/data");
    assert_eq!(told.body["subscriptions"][0]["verdict"], "schema");
    let told = world.post("/v1/explain", &json!({"type": "deal.lost", "tenant": "globex"})).await.expect(200);
    assert_eq!(told.body["refused"]["reason"], "tenant_unknown");
    world.end().await;
}
