//! Tenants and event types through the API.

use serde_json::json;

use crate::world::{World, subscription};

#[tokio::test(flavor = "multi_thread")]
async fn once_a_tenant_is_registered_others_are_refused() {
    let world = World::new().await;
    world.subscribe("globex", "before").await;
    let made = world.post("/v1/tenants", &json!({"id": "acme", "quotas": {"subscriptions": 1}})).await.expect(201);
    assert_eq!((made.body["id"].as_str(), made.header("barid-outcome")), (Some("acme"), "created"));
    world.post("/v1/tenants", &json!({"id": "acme"})).await.expect(409);
    let refused = world.post("/v1/subscriptions", &subscription("globex", "after")).await.expect(422);
    assert_eq!(refused.pointer(), "/tenant");
    let refused = world.post("/v1/events", &json!({"type": "deal.won", "tenant": "globex"})).await.expect(422);
    assert_eq!(refused.body["type"], "urn:barid:problem:unknown-tenant");
    world.subscribe("acme", "one").await;
    world.post("/v1/subscriptions", &subscription("acme", "two")).await.expect(422);
    world.delete("/v1/tenants/acme").await.expect(409);
    let changed = world.put("/v1/tenants/acme", &json!({"title": "Acme Ltd"})).await.expect(200);
    assert_eq!(changed.header("barid-outcome"), "changed");
    assert_eq!(world.put("/v1/tenants/acme", &json!({"id": "globex"})).await.expect(422).pointer(), "/id");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_type_holds_events_to_its_schema() {
    let world = World::new().await;
    let schema = json!({"required": ["amount"]});
    let path = "/v1/event-types/deal.won";
    world.put(path, &json!({"schema": schema, "validation": "enforce"})).await.expect(201);
    let event = json!({"type": "deal.won", "data": {}});
    assert_eq!(world.post("/v1/events", &event).await.expect(422).pointer(), "/data");
    world.put(path, &json!({"schema": schema, "validation": "warn"})).await.expect(200);
    let warned = world.post("/v1/events", &event).await.expect(202);
    assert!(warned.header("barid-warning").contains("deal.won"));
    assert_eq!(world.get("/v1/event-types").await.expect(200).body["data"][0]["type"], "deal.won");
    world.delete(path).await.expect(204);
    world.post("/v1/events", &event).await.expect(202);
    world.end().await;
}
