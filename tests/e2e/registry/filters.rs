//! A filter says which of the events that match its patterns a subscription gets, wherever the subscription comes from.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, event_with};
use serde_json::{Value, json};

use super::whole;
use crate::ALL;

const BIG: &str = "data.amount > 100 && data.currency in ['EUR', 'USD']";

/// Publishes one event that [`BIG`] wants, and some that it does not; returns the id of the one.
async fn publish(world: &World) -> Result<String> {
    for (id, data) in [
        ("small", r#"{"amount": 5, "currency": "EUR"}"#),
        ("pounds", r#"{"amount": 500, "currency": "GBP"}"#),
        ("nothing", r#"{"currency": "EUR"}"#),
        ("list", "[1]"),
    ] {
        world.publish(&event_with("deal.won", id, data)?).await?;
    }
    world.publish(&event_with("deal.won", "big", r#"{"amount": 500, "currency": "EUR"}"#)?).await
}

#[tokio::test]
async fn a_filter_in_a_file_lets_pass_what_it_asks_for() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("filters-file").await?;
    let wants = [
        Wants::everything("all", receiver.url("/all")),
        Wants::everything("big", receiver.url("/big")).filter(BIG),
        Wants::everything("stage", receiver.url("/stage")).filter("changed('stage') && old('stage') == 'open'"),
    ];
    world.subscribe(&wants)?;
    world.start(&ALL).await?;
    let big = publish(&world).await?;
    let changes = json!({"changes": [{"field": "stage", "old": "open", "new": "won"}]}).to_string();
    let stage = world.publish(&event_with("deal.updated", "stage", changes)?).await?;
    receiver.all_arrived("/big", [&big]).await?;
    receiver.all_arrived("/stage", [&stage]).await?;
    receiver.all_arrived("/all", [&big, &stage]).await?;
    world.settled().await?;
    assert_eq!((receiver.count("/all"), receiver.count("/big"), receiver.count("/stage")), (6, 1, 1));
    world.finish().await
}

#[tokio::test]
async fn a_filter_is_set_changed_and_removed_by_the_api() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("filters-api").await?;
    let api = whole(&mut world).await?;
    let id = api.subscribe(&Wants::everything("big", receiver.url("/big")).filter(BIG)).await?;
    let path = format!("/v1/subscriptions/{id}");
    assert_eq!(api.get(&path).await?["filter"], BIG);
    let big = publish(&world).await?;
    receiver.all_arrived("/big", [&big]).await?;
    world.settled().await?;
    assert_eq!(receiver.count("/big"), 1);

    let change = format!("{path}?wait=1");
    api.call("PATCH", &change, Some(&json!({"filter": null})), &[]).await?.success()?;
    assert_eq!(api.get(&path).await?.get("filter"), None);
    publish(&world).await?;
    receiver.until_count("/big", 6).await?;
    world.finish().await
}

#[tokio::test]
async fn what_is_no_filter_is_refused_at_its_place() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("filters-refused").await?;
    let api = whole(&mut world).await?;
    for (filter, says) in [
        ("data.amount >", "line 1, column"),
        ("amount > 1", "use id, source, type, time, subject, tenant or data"),
        ("data.a.all(x, data.b.all(y, x == y))", "inside another one"),
    ] {
        let wants = Wants::everything("refused", receiver.url("/refused")).filter(filter);
        let answer = api.call("POST", "/v1/subscriptions", Some(&wants.to_value()), &[]).await?;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let problem: Value = serde_json::from_str(&answer.body)?;
        assert_eq!(problem["errors"][0]["pointer"], "/filter", "{problem}");
        assert!(answer.body.contains(says), "{problem}");
    }
    world.finish().await
}
