//! API keys through the API.

use serde_json::json;

use crate::{
    client::send,
    world::{World, eventually},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_works_at_once_until_it_is_revoked() {
    let world = World::new().await;
    let made = world.post("/v1/keys", &json!({"name": "crm", "scope": "publish", "tenant": "acme"})).await.expect(201);
    let (id, key) = (made.body["id"].as_str().unwrap(), made.body["key"].as_str().unwrap());
    let event = json!({"type": "deal.won"});
    world.request(key, "POST", "/v1/events", Some(&event)).await.expect(202);
    let shown = world.get(&format!("/v1/keys/{id}")).await.expect(200);
    assert!(shown.body["key"].is_null() && shown.body.get("hash").is_none());
    let revoked = world.delete(&format!("/v1/keys/{id}")).await.expect(200);
    assert!(revoked.body["revoked_at"].is_string());
    let refused = world.request(key, "POST", "/v1/events", Some(&event)).await.expect(401);
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_and_a_wrong_key_get_the_same_answer() {
    let world = World::new().await;
    let wrong = format!("{}x", &world.admin[..world.admin.len() - 1]);
    let unknown = "bk_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let one = world.request(&wrong, "GET", "/v1/keys", None).await.expect(401);
    let other = world.request(unknown, "GET", "/v1/keys", None).await.expect(401);
    assert_eq!(one.text, other.text);
    let key = world.admin.as_str();
    assert_eq!(send(world.addresses[0], "GET", "/v1/keys", &[("x-api-key", key)], "").await.status, 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires() {
    let world = World::new().await;
    let soon = (crate::world::now() + chrono::TimeDelta::seconds(1)).to_rfc3339();
    let made =
        world.post("/v1/keys", &json!({"name": "brief", "scope": "admin", "expires_at": soon})).await.expect(201);
    let key = made.body["key"].as_str().unwrap();
    eventually(async || world.request(key, "GET", "/v1/tenants", None).await.status == 401).await;
    world.end().await;
}
