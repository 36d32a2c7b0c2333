//! The API without a socket.

use serde_json::{Value, json};

use crate::world::{World, subscription};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_needs_no_key_within_the_process() {
    let world = World::new().await;
    let (status, headers, _) = world
        .local
        .call("POST", "/v1/subscriptions", Some(subscription("acme", "deals").to_string().into()), &[])
        .await;
    assert_eq!((status, headers["barid-outcome"].to_str().unwrap()), (201, "created"));
    let (status, _, body) = world.local.call("GET", "/v1/subscriptions", None, &[]).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["data"][0]["name"], "deals");
    let (status, ..) =
        world.local.call("POST", "/v1/tenants", Some(json!({"id": "Acme"}).to_string().into()), &[]).await;
    assert_eq!(status, 422);
    let (status, ..) = world.local.call("GET", "not a path", None, &[]).await;
    assert_eq!(status, 400);
    world.end().await;
}
