//! What is registered of tenants and event types holds on both roads: told over HTTP, a dead letter over AMQP.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, event};
use serde_json::json;

use super::whole;

#[tokio::test]
async fn once_tenants_are_registered_others_are_refused() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("tenants").await?;
    let api = whole(&mut world).await?;
    api.subscribe(&Wants::everything("a", receiver.url("/a")).tenant("acme")).await?;
    api.post("/v1/tenants?wait=1", &json!({"id": "acme"})).await?;
    world.publish(&event("deal.won", "1")?).await?; // of `default`
    assert_eq!(world.claim_dead_letters(1).await?[0].reason, "tenant_unknown");
    let of = |tenant: &str| json!({"id": "2", "type": "deal.won", "source": "/crm", "tenant": tenant, "data": {}});
    assert_eq!(api.call("POST", "/v1/events", Some(&of("globex")), &[]).await?.status, 422);
    api.post("/v1/events", &of("acme")).await?;
    receiver.until_count("/a", 1).await?;
    world.finish().await
}

#[tokio::test]
async fn data_against_an_enforced_schema_is_refused() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("schemas").await?;
    let api = whole(&mut world).await?;
    api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    let schema = json!({"type": "object", "required": ["amount"]});
    let registered =
        json!({"type": "deal.won", "description": "A deal is won.", "schema": schema, "validation": "enforce"});
    api.post("/v1/event-types?wait=1", &registered).await?;
    world.publish(&event("deal.won", "1")?).await?;
    assert_eq!(world.claim_dead_letters(1).await?[0].reason, "schema");
    let with = |data: serde_json::Value| json!({"id": "2", "type": "deal.won", "source": "/crm", "data": data});
    let refused = api.call("POST", "/v1/events", Some(&with(json!({}))), &[]).await?;
    assert_eq!((refused.status, refused.header("content-type")), (422, Some("application/problem+json")));
    api.post("/v1/events", &with(json!({"amount": 1}))).await?;
    receiver.until_count("/a", 1).await?;
    world.finish().await
}

#[tokio::test]
async fn quotas_hold_for_fan_out_subscriptions_and_rate() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("quotas").await?;
    let api = whole(&mut world).await?;
    let quotas = json!({"subscriptions": 2, "fanout": 1, "publish_per_second": 1});
    api.post("/v1/tenants", &json!({"id": "acme", "quotas": quotas})).await?;
    for name in ["a", "b"] {
        api.subscribe(&Wants::everything(name, receiver.url("/a")).tenant("acme")).await?;
    }
    let third = Wants::everything("c", receiver.url("/a")).tenant("acme").to_value();
    let refused = api.call("POST", "/v1/subscriptions", Some(&third), &[]).await?;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    let event = json!({"id": "1", "type": "deal.won", "source": "/crm", "tenant": "acme", "data": {}});
    let events = json!([event, event, event, event, event, event]);
    let mut accepted = 0;
    let limited = loop {
        let answer = api.call("POST", "/v1/events", Some(&event), &[]).await?;
        if answer.status == 429 {
            break answer;
        }
        accepted += usize::from(answer.status == 202);
        assert!(accepted < 100, "never limited");
    };
    assert!(limited.header("retry-after").is_some());
    // Waiting would not help with these.
    assert_eq!(api.call("POST", "/v1/events", Some(&events), &[]).await?.status, 422);
    let letters = world.claim_dead_letters(accepted).await?;
    assert!(letters.iter().all(|letter| letter.reason == "fanout_exceeded"));
    world.finish().await
}
