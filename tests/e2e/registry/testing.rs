//! A test delivery takes the real road: the dispatcher makes its one attempt, and the gateway tells how it went.

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{Receiver, Wants, World};
use serde_json::{Value, json};

#[tokio::test]
async fn a_test_tells_how_its_one_attempt_went_and_works_while_paused() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", Answer::status(204));
    receiver.on("/b", Answer::status(500));
    let mut world = World::new("testing").await?;
    world.use_sqlite();
    // May not reach what the dispatcher may: it could send nothing itself.
    let gateway = world.start(&["gateway"]).await?;
    world.start(&["router", "dispatcher"]).await?;
    let api = world.api(&gateway)?;
    let good = api.subscribe(&Wants::everything("a", receiver.url("/a")).only(&["deal.*"])).await?;
    let bad = api.subscribe(&Wants::everything("b", receiver.url("/b"))).await?;
    let sample = json!({"type": "deal.won", "data": {"id": 7}});

    let outcome = api.post(&format!("/v1/subscriptions/{good}/test"), &sample).await?;
    assert_eq!((&outcome["delivered"], &outcome["status"]), (&json!(true), &json!(204)), "{outcome}");
    let body: Value = serde_json::from_slice(&receiver.requests("/a")[0].body)?;
    assert_eq!((&body["type"], &body["data"]), (&json!("deal.won"), &json!({"id": 7})));

    let outcome = api.post(&format!("/v1/subscriptions/{bad}/test"), &sample).await?;
    assert_eq!((&outcome["delivered"], &outcome["status"]), (&json!(false), &json!(500)), "{outcome}");

    api.act(&format!("/v1/subscriptions/{good}/pause?wait=1")).await?;
    let outcome = api.post(&format!("/v1/subscriptions/{good}/test"), &sample).await?;
    assert_eq!(outcome["delivered"], json!(true), "{outcome}");
    api.act(&format!("/v1/subscriptions/{good}/resume?wait=1")).await?;

    // No second attempt, and no dead letter that would be left to claim.
    world.settled().await?;
    assert_eq!((receiver.count("/a"), receiver.count("/b")), (2, 1));
    world.finish().await
}
