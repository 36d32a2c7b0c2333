//! What counts as delivered, what is tried again, and what ends a delivery is for the subscription to say; and a test
//! delivery is judged like every other.

use anyhow::Result;
use barid_tests::receiver::{Answer, Script};
use barid_tests::{Api, Receiver, Wants, World, event};
use serde_json::{Value, json};

use crate::ALL;

/// A subscription at `/name`, with these rules of success, that is tried a second time after a second.
fn wants(receiver: &Receiver, name: &str, success: Value) -> Wants {
    Wants::everything(name, receiver.url(&format!("/{name}"))).schedule(&["1s"]).success(success)
}

#[tokio::test]
async fn statuses_count_as_delivered_as_the_subscription_says() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/conflict", Answer::status(409));
    receiver.on("/redirect", Answer::redirect("/elsewhere"));
    receiver.on("/created", Script::first([Answer::status(200)]).then(Answer::status(201)));
    let mut world = World::new("rules-statuses").await?;
    world.subscribe(&[
        wants(&receiver, "conflict", json!({"statuses": ["2xx", 409]})),
        wants(&receiver, "redirect", json!({"statuses": ["3xx"]})),
        wants(&receiver, "created", json!({"statuses": [201]})),
    ])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/created", 2).await?;
    // Nothing is left to be tried, and nothing became a dead letter.
    world.settled().await?;
    let counts = ["/conflict", "/redirect", "/created", "/elsewhere"].map(|path| receiver.count(path));
    assert_eq!(counts, [1, 1, 2, 0]);
    world.finish().await
}

#[tokio::test]
async fn a_good_status_with_a_wrong_body_is_tried_again() -> Result<()> {
    let receiver = Receiver::start().await?;
    let rules = [
        ("contains", json!({"contains": "ok"}), "not o k", "all ok"),
        ("lacks", json!({"lacks": "HTTP error"}), "Webhook failed with HTTP error 429", "1"),
        ("pointer", json!({"pointer": "/ok", "equals": true}), r#"{"ok": false}"#, r#"{"ok": true}"#),
    ];
    let mut all = Vec::new();
    for (name, body, wrong, right) in rules {
        let script = Script::first([Answer::with_body(200, wrong)]).then(Answer::with_body(200, right));
        receiver.on(&format!("/{name}"), script);
        all.push(wants(&receiver, name, json!({"body": body})));
    }
    let mut world = World::new("rules-bodies").await?;
    world.subscribe(&all)?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    let paths = ["/contains", "/lacks", "/pointer"];
    for path in paths {
        receiver.until_count(path, 2).await?;
    }
    world.settled().await?;
    assert_eq!(paths.map(|path| receiver.count(path)), [2, 2, 2]);
    world.finish().await
}

#[tokio::test]
async fn a_wrong_body_ends_a_delivery_that_says_so_and_its_dead_letter_names_the_rule() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/wrong", Answer::with_body(200, r#"{"ok": false, "error": "confidential"}"#));
    receiver.on("/long", Answer::with_body(200, &format!(r#"{{"ok": true, "more": "{}"}}"#, "x".repeat(70_000))));
    let rule = json!({"body": {"pointer": "/ok", "equals": true}, "otherwise": "permanent"});
    let mut world = World::new("rules-otherwise").await?;
    world.subscribe(&[wants(&receiver, "wrong", rule.clone()), wants(&receiver, "long", rule)])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    let mut letters = world.claim_dead_letters(2).await?;
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.reason.clone()));
    assert_eq!(letters[0].reason, "permanent_body");
    let detail = r#"status 200, but the body does not do: "/ok" in it is false (delivery.success.body.pointer)"#;
    assert_eq!(letters[0].detail, detail);
    // What was not read to its end does not decide, so it is never permanent.
    assert_eq!(letters[1].reason, "attempts_exhausted");
    assert!(letters[1].detail.contains("it goes on after 65536 bytes"), "{}", letters[1].detail);
    assert_eq!((receiver.count("/wrong"), receiver.count("/long")), (1, 2));
    world.finish().await
}

#[tokio::test]
async fn permanent_statuses_and_the_horizon_end_a_delivery() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/permanent", Answer::status(404));
    receiver.on("/old", Answer::status(503));
    let mut world = World::new("rules-ends").await?;
    world.subscribe(&[
        Wants::everything("permanent", receiver.url("/permanent")).permanent(&[404]),
        Wants::everything("old", receiver.url("/old")).schedule(&["5m"]).horizon("1m"),
    ])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    let mut letters = world.claim_dead_letters(2).await?;
    letters.sort_by_key(|letter| letter.reason.clone());
    // The next attempt would come after five minutes, which is too late: that is known at once.
    assert_eq!((letters[0].reason.as_str(), letters[1].reason.as_str()), ("expired", "permanent_status"));
    assert_eq!((receiver.count("/permanent"), receiver.count("/old")), (1, 1));
    world.finish().await
}

#[tokio::test]
async fn a_test_delivery_is_judged_by_the_same_rules_and_overlaps_are_refused() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/conflict", Answer::status(409));
    receiver.on("/wrong", Answer::with_body(200, "no"));
    let mut world = World::new("rules-tests").await?;
    world.use_sqlite();
    let process = world.start(&["gateway", "router", "dispatcher"]).await?;
    let api = world.api(&process)?;
    let test = async |api: &Api, wants: &Wants| {
        let id = api.subscribe(wants).await?;
        api.post(&format!("/v1/subscriptions/{id}/test"), &json!({"type": "deal.won", "data": {}})).await
    };
    let outcome = test(&api, &wants(&receiver, "conflict", json!({"statuses": [409]}))).await?;
    assert_eq!((&outcome["delivered"], &outcome["status"]), (&json!(true), &json!(409)), "{outcome}");
    let outcome = test(&api, &wants(&receiver, "wrong", json!({"body": {"contains": "yes"}}))).await?;
    assert_eq!((&outcome["delivered"], &outcome["status"]), (&json!(false), &json!(200)), "{outcome}");
    assert_eq!(outcome["error"], r#"the body does not do: it lacks "yes" (delivery.success.body.contains)"#);

    let both = wants(&receiver, "both", json!({"statuses": [409]})).permanent(&[409]).to_value();
    let refused = api.call("POST", "/v1/subscriptions", Some(&both), &[]).await?;
    let problem = refused.json();
    let pointers: Vec<_> = problem["errors"].as_array().into_iter().flatten().map(|error| &error["pointer"]).collect();
    assert_eq!(refused.status, 422);
    assert_eq!(pointers, ["/delivery/success/statuses", "/delivery/retry/permanent"]);
    world.settled().await?;
    world.finish().await
}
