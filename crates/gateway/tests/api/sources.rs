//! Sources through the API, and what providers send to their URLs, over real sockets and a real broker.

use std::time::Duration;

use barid_gateway::Limits;
use barid_inbound::{SignedSample, presets, sign};
use barid_registry::source::{SourceReading, read};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{Answer, send},
    world::{Choice, SOURCE_SECRET, World, now, source},
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
    let world = World::with(Choice { broker, ..Choice::default() }).await;
    let path = path(&made(&world, json!({})).await);
    let answer = deliver(&world, &path, &signed(SOURCE_SECRET, "d-1")).await.expect(503);
    assert!(!answer.header("retry-after").is_empty());
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
