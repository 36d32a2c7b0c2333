//! The broker is away: nothing is accepted that nobody has.

use serde_json::json;

use crate::world::{Choice, World, subscription};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_events_are_refused_and_the_registry_goes_on() {
    let broker = Some("amqp://guest:guest@127.0.0.1:1/%2f".to_owned());
    let world = World::with(Choice { broker, ..Choice::default() }).await;
    let refused = world.post("/v1/events", &json!({"type": "deal.won"})).await.expect(503);
    assert_eq!(refused.header("retry-after"), "5");
    let refused = world.post("/v1/events", &json!([{"type": "deal.won"}])).await.expect(503);
    assert_eq!(refused.body["data"][0]["error"]["status"], 503);
    let made = world.post("/v1/subscriptions", &subscription("acme", "deals")).await.expect(201);
    let path = format!("/v1/subscriptions/{}", made.body["id"].as_str().unwrap());
    world.request(&world.admin, "POST", &format!("{path}/pause"), None).await.expect(503);
    world.request(&world.admin, "POST", &format!("{path}/test"), None).await.expect(503);
    assert_eq!(world.get(&path).await.expect(200).body["paused"], false);
    world.end().await;
}
