//! A receiver that is to be asked first gets nothing before it has consented, and only its own words are consent.

use anyhow::Result;
use barid_tests::receiver::Answer;
use barid_tests::{Api, Receiver, Wants, World, event};
use serde_json::{Value, json};

/// Who asks.
const ORIGIN: &str = "events.barid.example";

/// One process with everything, which asks in the name of [`ORIGIN`].
async fn whole(world: &mut World) -> Result<Api> {
    world.use_sqlite();
    let roles = ["gateway", "router", "dispatcher"];
    let process = world.launch(&roles).env("BARID_GATEWAY__ORIGIN", ORIGIN).start().await?;
    world.api(&process)
}

/// A receiver at `/name` is asked first, for 120 deliveries a minute.
fn wants(receiver: &Receiver, name: &str) -> Wants {
    let asked = json!({"kind": "cloudevents", "rate": 120});
    Wants::everything(name, receiver.url(&format!("/{name}"))).timeout("1s").verification(asked)
}

/// What a receiver says that allows `origin`, at sixty deliveries a minute.
fn allows(status: u16, origin: &str) -> Answer {
    Answer::with_headers(status, &[("webhook-allowed-origin", origin), ("webhook-allowed-rate", "60")])
}

fn consent(subscription: &Value) -> &Value {
    &subscription["destination"]["verification"]["consent"]
}

#[tokio::test]
async fn a_receiver_that_consents_is_asked_once_and_hears_the_origin_in_every_delivery() -> Result<()> {
    let receiver = Receiver::start().await?;
    // The status says nothing.
    receiver.on("/a", allows(405, ORIGIN));
    receiver.on("/b", allows(200, "*"));
    let mut world = World::new("verification").await?;
    let api = whole(&mut world).await?;
    let id = api.subscribe(&wants(&receiver, "a")).await?;
    let path = format!("/v1/subscriptions/{id}");
    let asked = &receiver.requests("/a")[0];
    assert_eq!((asked.method.as_str(), asked.body.len()), ("OPTIONS", 0));
    assert_eq!(asked.header("webhook-request-origin"), Some(ORIGIN));
    assert_eq!(asked.header("webhook-request-rate"), Some("120"));
    let shown = api.get(&path).await?;
    assert_eq!((&consent(&shown)["origin"], &consent(&shown)["rate"]), (&json!(ORIGIN), &json!(60)), "{shown}");

    // The same again asks nobody, and neither does a change of something else.
    let same = wants(&receiver, "a").to_value();
    assert_eq!(api.call("PUT", &path, Some(&same), &[]).await?.header("barid-outcome"), Some("unchanged"));
    let other = json!({"delivery": {"max_in_flight": 2}});
    api.call("PATCH", &path, Some(&other), &[]).await?.success()?;
    assert_eq!(receiver.count("/a"), 1);
    assert_eq!(consent(&api.get(&path).await?), consent(&shown));

    receiver.on("/a", Answer::status(200));
    let delivered = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&delivered]).await?;
    assert_eq!(receiver.requests("/a")[1].header("webhook-request-origin"), Some(ORIGIN));

    // Another URL is another receiver.
    let moved = json!({"destination": {"url": receiver.url("/b")}});
    api.call("PATCH", &format!("{path}?dry_run=1"), Some(&moved), &[]).await?.success()?;
    assert_eq!(receiver.count("/b"), 0);
    api.call("PATCH", &path, Some(&moved), &[]).await?.success()?;
    assert_eq!(receiver.requests("/b")[0].method, "OPTIONS");
    api.act(&format!("{path}/verify")).await?;
    assert_eq!(receiver.count("/b"), 2);
    world.settled().await?;
    world.finish().await
}

#[tokio::test]
async fn without_consent_there_is_no_subscription() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/another", allows(200, "events.other.example"));
    receiver.on("/hangs", Answer::hang());
    receiver.on("/redirects", Answer::redirect(&receiver.url("/willing")));
    receiver.on("/rateless", Answer::with_headers(200, &[("webhook-allowed-origin", "*")]));
    receiver.on("/willing", allows(200, "*"));
    let mut world = World::new("verification-refused").await?;
    let api = whole(&mut world).await?;
    for (name, why) in [
        ("silent", "the receiver did not consent"),
        ("another", "allows another origin"),
        ("hangs", "timeout: no complete response"),
        ("redirects", "status 302: the receiver did not consent"),
        ("rateless", "the receiver names no rate"),
    ] {
        let document = wants(&receiver, name).to_value();
        let refused = api.call("POST", "/v1/subscriptions", Some(&document), &[]).await?;
        let problem = refused.json();
        assert_eq!((refused.status, &problem["errors"][0]["pointer"]), (422, &json!("/destination/verification")));
        assert!(problem["errors"][0]["message"].as_str().is_some_and(|told| told.contains(why)), "{problem}");
        assert_eq!(receiver.requests(&format!("/{name}")).len(), 1, "{name}");
    }
    assert_eq!(api.get("/v1/subscriptions").await?["data"], json!([]));

    // A consent that is withdrawn is told; what there was stands until somebody changes it.
    let id = api.subscribe(&wants(&receiver, "willing")).await?;
    let before = api.get(&format!("/v1/subscriptions/{id}")).await?;
    receiver.on("/willing", Answer::status(200));
    let refused = api.call("POST", &format!("/v1/subscriptions/{id}/verify"), None, &[]).await?;
    assert_eq!(refused.status, 422);
    assert_eq!(api.get(&format!("/v1/subscriptions/{id}")).await?, before);

    // One that never asked has nothing to ask again.
    let plain = api.subscribe(&Wants::everything("plain", receiver.url("/plain"))).await?;
    let refused = api.call("POST", &format!("/v1/subscriptions/{plain}/verify"), None, &[]).await?;
    assert_eq!((refused.status, receiver.count("/plain")), (422, 0));
    world.settled().await?;
    world.finish().await
}

#[tokio::test]
async fn private_addresses_are_not_asked_and_files_cannot_ask() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/a", allows(200, "*"));
    let mut world = World::new("verification-guard").await?;
    world.use_sqlite();
    let strict = world.launch(&["gateway"]).env("BARID_SECURITY__ALLOW_PRIVATE_NETWORKS", "false").start().await?;
    let api = world.api(&strict)?;
    // A name passes until it is looked up; what it resolves to is refused before anything is sent.
    let url = receiver.url("/a");
    let by_name = url.replace("127.0.0.1", "localhost");
    for (url, pointer) in [(url, "/destination/url"), (by_name, "/destination/")] {
        let asked = json!({"kind": "cloudevents"});
        let document = Wants::everything("a", url).verification(asked).to_value();
        let refused = api.call("POST", "/v1/subscriptions", Some(&document), &[]).await?;
        let problem = refused.json();
        assert_eq!(refused.status, 422, "{problem}");
        assert!(problem["errors"][0]["pointer"].as_str().is_some_and(|told| told.starts_with(pointer)), "{problem}");
    }
    assert_eq!(receiver.count("/a"), 0);

    let file = world.write("asks.yaml", &[wants(&receiver, "a")])?;
    let checked = world.barid(&["subscriptions", "check", &file.display().to_string()]).await?;
    assert!(checked.stdout.contains("needs a gateway") || checked.stderr.contains("needs a gateway"), "{checked:?}");
    world.finish().await
}
