//! Sources through the API, and what providers send to their URLs, over real sockets and a real broker.

use std::time::Duration;

use barid_broker::{
    dead_letter::{Content, DeadLetter, UNMAPPED},
    morgue::{Decision, Morgue, Summary},
    original::Header,
};
use barid_gateway::{DefaultQuotas, Limits};
use barid_inbound::{SignedSample, presets, sign};
use barid_registry::source::{SourceReading, read};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{Answer, send},
    world::{Choice, SOURCE_SECRET, World, eventually, now, source},
};

/// The path of the URL that an answer shows.
fn path(answer: &Answer) -> String {
    let url = answer.body["url"].as_str().expect("an url");
    url[url.find("/in/").unwrap()..].to_owned()
}

async fn made(world: &World, changes: Value) -> Answer {
    let mut document = source("acme", "repo");
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    world.post("/v1/sources", &document).await.expect(201)
}

/// GitHub's sample, signed with a secret, as another delivery each time.
fn signed(secret: &str, delivery: &str) -> SignedSample {
    let reading = SourceReading { presets: presets(), tenant: None, current: None };
    let settings = read(&source("acme", "repo"), &reading).unwrap();
    let preset = presets().get("github").unwrap();
    let mut sample = sign(preset, &settings.verification, secret, "https://a.example", delivery, now()).unwrap();
    for (name, value) in &mut sample.headers {
        if name == "x-github-delivery" {
            delivery.clone_into(value);
        }
    }
    sample
}

async fn deliver(world: &World, path: &str, sample: &SignedSample) -> Answer {
    let headers: Vec<_> = sample.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(world.addresses[0], "POST", path, &headers, sample.body.clone()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_webhook_becomes_an_event_once() {
    let world = World::new().await;
    let path = path(&made(&world, json!({})).await);
    let sample = signed(SOURCE_SECRET, "d-1");
    let answer = deliver(&world, &path, &sample).await;
    assert_eq!((answer.status, answer.header("barid-events")), (200, "1"), "{}", answer.text);
    let again = deliver(&world, &path, &sample).await;
    assert_eq!((again.status, again.header("barid-events")), (200, "0"));
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-2")).await.header("barid-events"), "1");
    let metrics = send(world.addresses[0], "GET", "/metrics", &[], "").await.text;
    assert!(metrics.contains(r#"barid_source_items_total{preset="github",result="event"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"barid_source_requests_total{outcome="duplicate",preset="github"} 1"#), "{metrics}");
    assert!(!metrics.contains(&path["/in/".len()..]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_proven_or_known_learns_nothing() {
    let world = World::new().await;
    let made = made(&world, json!({})).await;
    let path = path(&made);
    let wrong = deliver(&world, &path, &signed("another secret", "d-1")).await.expect(401);
    let mut unsigned = signed(SOURCE_SECRET, "d-1");
    unsigned.headers.retain(|(name, _)| name != "x-hub-signature-256");
    assert_eq!(deliver(&world, &path, &unsigned).await.expect(401).text, wrong.text);
    let unknown = deliver(&world, "/in/st_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &unsigned).await.expect(404);
    assert_eq!(deliver(&world, "/in/x", &unsigned).await.expect(404).text, unknown.text);
    let id = made.body["id"].as_str().unwrap();
    world
        .request(&world.admin, "PATCH", &format!("/v1/sources/{id}"), Some(&json!({"enabled": false})))
        .await
        .expect(200);
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.expect(404).text, unknown.text);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn url_and_secret_rotate_with_an_overlap() {
    let world = World::new().await;
    let made = made(&world, json!({})).await;
    let (old, id) = (path(&made), made.body["id"].as_str().unwrap().to_owned());
    let rotated = world.post(&format!("/v1/sources/{id}/rotate-token"), &json!({})).await.expect(200);
    let new = path(&rotated);
    assert!(rotated.body["old_url_until"].is_string());
    for (path, delivery) in [(&old, "d-1"), (&new, "d-2")] {
        assert_eq!(deliver(&world, path, &signed(SOURCE_SECRET, delivery)).await.status, 200);
    }
    world.post(&format!("/v1/sources/{id}/rotate-token"), &json!({"overlap": "0s"})).await.expect(200);
    for path in [&old, &new] {
        deliver(&world, path, &signed(SOURCE_SECRET, "d-3")).await.expect(404);
    }
    let path = path(&world.post(&format!("/v1/sources/{id}/rotate-token"), &json!({})).await.expect(200));
    let rotate = format!("/v1/sources/{id}/rotate-secret");
    world.post(&rotate, &json!({"secret": "the second secret"})).await.expect(200);
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-4")).await.status, 200);
    assert_eq!(deliver(&world, &path, &signed("the second secret", "d-5")).await.status, 200);
    world.post(&rotate, &json!({"secret": "the third secret", "overlap": "0s"})).await.expect(200);
    deliver(&world, &path, &signed(SOURCE_SECRET, "d-6")).await.expect(401);
    assert_eq!(deliver(&world, &path, &signed("the third secret", "d-7")).await.status, 200);
    assert_eq!(world.post(&rotate, &json!({})).await.expect(422).pointer(), "/secret");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_valid_event_is_refused_or_becomes_a_dead_letter() {
    let world = World::new().await;
    let schema = json!({"schema": {"required": ["amount"]}, "validation": "enforce"});
    world.put("/v1/event-types/ticket.created", &schema).await.expect(201);
    let answer = made(&world, json!({})).await;
    let (path, id) = (path(&answer), answer.body["id"].as_str().unwrap().to_owned());
    let refused = deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.expect(422);
    assert_eq!(refused.pointer(), "/0");
    let tested = world.post(&format!("/v1/sources/{id}/test"), &Value::Null).await;
    assert_eq!((tested.status, tested.body["accepted"].as_bool()), (200, Some(false)), "{}", tested.text);
    let change =
        json!({"on_invalid": "dead_letter", "mapping": [{"when": "payload.action == 'never'", "type": "a.b"}]});
    world.request(&world.admin, "PATCH", &format!("/v1/sources/{id}"), Some(&change)).await.expect(200);
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.status, 200);
    let metrics = send(world.addresses[0], "GET", "/metrics", &[], "").await.text;
    assert!(metrics.contains(r#"barid_source_items_total{preset="github",result="dead_letter"} 1"#), "{metrics}");
    let (_, letter) = visit(&world, Decision::Keep).await;
    assert_eq!(letter.reason, UNMAPPED);
    let Content::Message(message) = &letter.content else { panic!("{letter:?}") };
    for (name, value) in [("barid-tenant", "acme"), ("barid-source-id", id.as_str())] {
        assert!(message.headers.contains(&(name.to_owned(), Header::Text(value.to_owned()))), "{message:?}");
    }
    let (replayed, _) = visit(&world, Decision::Replay).await;
    assert_eq!((replayed.refused, replayed.replayed), (1, 0), "it would be no event again");
    let mended = json!({"mapping": null});
    world.request(&world.admin, "PATCH", &format!("/v1/sources/{id}"), Some(&mended)).await.expect(200);
    world.delete("/v1/event-types/ticket.created").await;
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.header("barid-events"), "1");
    assert_eq!(deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.header("barid-events"), "0");
    assert_eq!(visit(&world, Decision::Discard).await.0.discarded, 1);
    world.end().await;
}

/// Does this with the one dead letter there is, once it is there: what was looked at takes a moment to be back.
async fn visit(world: &World, decision: Decision) -> (Summary, DeadLetter) {
    let (road, mut link) = (&world.road, world.road.link.clone());
    let morgue = Morgue::open(&mut link, road.publisher.clone(), road.names.clone(), 1).await.unwrap();
    let mut found = None;
    eventually(async || {
        let mut seen = None;
        let look = |letter: &DeadLetter| {
            seen = Some(letter.clone());
            decision
        };
        let summary = morgue.visit(10, now(), look).await.unwrap();
        assert!(summary.seen <= 1, "{summary:?}");
        found = seen.map(|letter| (summary, letter));
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// A request to a source that is proved by a header, with JSON.
async fn told(world: &World, path: &str, body: &Value) -> Answer {
    let headers = [("x-api-key", SOURCE_SECRET), ("content-type", "application/json")];
    send(world.addresses[0], "POST", path, &headers, body.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn regression_a_batch_that_asks_for_too_much_is_refused_and_an_empty_one_is_counted() {
    let world = World::new().await;
    let mapping = json!([{"type": "a.b", "data": {"b": "= parent.b"}}]);
    let path = path(&made(&world, json!({"preset": "api-key", "items": "/rows/*", "mapping": mapping})).await);
    let rows: Vec<_> = (0..1000).map(|row| json!({"row": row})).collect();
    let refused = told(&world, &path, &json!({"b": vec!["x".repeat(1000); 64], "rows": rows})).await.expect(413);
    assert!(refused.text.contains("too large together"), "{}", refused.text);
    assert_eq!(told(&world, &path, &json!({"b": "x", "rows": []})).await.header("barid-events"), "0");
    let metrics = send(world.addresses[0], "GET", "/metrics", &[], "").await.text;
    for outcome in ["empty", "too_large"] {
        let counted = format!(r#"barid_source_requests_total{{outcome="{outcome}",preset="api-key"}} 1"#);
        assert!(metrics.contains(&counted), "{metrics}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn regression_one_that_cannot_be_read_is_replaced_by_put_only() {
    let world = World::new().await;
    let id = made(&world, json!({})).await.body["id"].as_str().unwrap().to_owned();
    // Sealed with a key that is gone, while new ones are sealed with the gateway's.
    world.store_with(&[8, 7]).reseal(|_, _| ()).await.unwrap();
    world.store_with(&[7, 9]).reseal(|_, _| ()).await.unwrap_err();
    let refused = world.post("/v1/sources", &source("acme", "repo")).await.expect(500);
    assert!(refused.text.contains("replace it"), "{}", refused.text);
    world.put(&format!("/v1/sources/{id}"), &source("acme", "repo")).await.expect(200);
    world.post("/v1/sources", &source("acme", "repo")).await.expect(409);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_with_another_verify_token_is_forbidden() {
    let world = World::new().await;
    let path = path(&made(&world, json!({"preset": "meta", "verify_token": "verify me"})).await);
    let asked = async |token: &str| {
        let path = format!("{path}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158");
        send(world.addresses[0], "GET", &path, &[], "").await
    };
    assert_eq!(asked("verify%20me").await.expect(200).text, "1158");
    asked("another").await.expect(403);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_rates_are_bounded() {
    let limits = Limits { source_body_timeout: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(Choice { limits, ..Choice::default() }).await;
    let made = made(&world, json!({"max_body": 2048, "rate_limit": {"per_second": 1, "burst": 5}})).await;
    let path = path(&made);
    send(world.addresses[0], "POST", &path, &[], vec![b' '; 2049]).await.expect(413);
    let status = async |head: &str| {
        let mut stream = TcpStream::connect(world.addresses[0]).await.unwrap();
        stream.write_all(format!("POST {path} HTTP/1.1\r\nhost: a\r\n{head}").as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    };
    assert_eq!(status("content-length: 10\r\n\r\n{").await, "HTTP/1.1 408");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    assert_eq!(status(&format!("transfer-encoding: chunked\r\n\r\n{chunk}")).await, "HTTP/1.1 413");
    let mut last = 0;
    for _ in 0..4 {
        last = deliver(&world, &path, &signed("another secret", "d-1")).await.status;
    }
    assert_eq!(last, 429);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_asked_to_send_again_while_the_broker_is_away() {
    let broker = Some("amqp://guest:guest@127.0.0.1:9/%2f".to_owned());
    let quotas = DefaultQuotas { publish_per_second: 1, ..DefaultQuotas::default() };
    let world = World::with(Choice { quotas, broker, ..Choice::default() }).await;
    let path = path(&made(&world, json!({})).await);
    let answer = deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.expect(503);
    assert!(!answer.header("retry-after").is_empty());
    for _ in 0..4 {
        // What was not sent takes nothing of the tenant's quota.
        deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.expect(503);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_come_in_at_the_public_address_where_there_is_one() {
    let world = World::with(Choice { public: Some(false), ..Choice::default() }).await;
    let path = path(&made(&world, json!({})).await);
    let sample = signed(SOURCE_SECRET, "d-1");
    deliver(&world, &path, &sample).await.expect(404);
    let headers: Vec<_> = sample.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(send(world.addresses[1], "POST", &path, &headers, sample.body.clone()).await.status, 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_secrets_are_shown_once_and_kept_nowhere() {
    let world = World::new().await;
    let made = made(&world, json!({})).await;
    let path = path(&made);
    let (token, id) = (&path["/in/".len()..], made.body["id"].as_str().unwrap());
    assert!(!made.text.contains(SOURCE_SECRET), "{}", made.text);
    deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await;
    for shown in ["/v1/sources".to_owned(), format!("/v1/sources/{id}"), "/metrics".to_owned()] {
        let text = world.get(&shown).await.text;
        assert!(!text.contains(token) && !text.contains(SOURCE_SECRET), "{shown}");
    }
    for entry in std::fs::read_dir(world.directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [token, SOURCE_SECRET] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
    let secrets = world.get(&format!("/v1/sources/{id}/secrets")).await.expect(200);
    assert_eq!(secrets.body["secrets"][0]["secret"], SOURCE_SECRET);
    world.end().await;
}
