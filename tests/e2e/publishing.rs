//! Whoever publishes, however they spell it, subscribers receive the same body, bytes untouched, and can verify it with
//! the reference library.

use anyhow::Result;
use barid_producer::{NewEvent, Producer};
use barid_signature::{Secret, Verifier};
use barid_tests::receiver::Request;
use barid_tests::{Message, Receiver, SECRET, Wants, World, event_with, python};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::ALL;

/// Data that a round trip through most JSON libraries would change: number formats, key order, spaces, escapes.
const DATA: &str = r#"{"z":1.0, "a":12345678901234567890,"e":1.50E+2,"u":"caf\u00e9 \/ ☕","n":null}"#;

/// When the events happened.
const TIME: &str = "2026-11-24T10:00:00Z";

/// The same in seconds.
const SECONDS: u64 = 1_795_514_400;

fn body(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"deal.won","timestamp":"{TIME}","tenant":"acme","subject":"deal/7","source":"crm","data":{DATA}}}"#
    )
}

/// The same event in every spelling that publishers use, each with an id of its own.
fn spellings(exchange: &str) -> Vec<Message> {
    let prefixed = ["cloudEvents_", "cloudEvents:", "ce-", "ce_"].map(|prefix| {
        let attributes = [("type", "deal.won"), ("source", "crm"), ("time", TIME), ("tenant", "acme")];
        let rest = [("subject", "deal/7"), ("specversion", "1.0"), ("id", prefix)];
        let all = attributes.into_iter().chain(rest);
        all.fold(Message::new(exchange, "deal.won", DATA), |message, (name, value)| {
            message.header(&format!("{prefix}{name}"), value)
        })
    });
    let structured = format!(
        r#"{{"specversion":"1.0","id":"structured","type":"deal.won","source":"crm","time":"{TIME}","tenant":"acme","subject":"deal/7","data":{DATA}}}"#
    );
    let structured = Message::new(exchange, "deal.won", structured)
        .property("content_type", "application/cloudevents+json; charset=utf-8");
    let plain = Message::new(exchange, "deal.won", DATA)
        .property("message_id", "plain")
        .property("app_id", "crm")
        .property("timestamp", SECONDS)
        .property("content_type", "application/json")
        .header("tenant", "acme")
        .header("subject", "deal/7");
    prefixed.into_iter().chain([structured, plain]).collect()
}

fn for_python(request: &Request) -> Value {
    let headers: Map<_, _> = request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    json!({"headers": headers, "body": STANDARD.encode(&request.body)})
}

#[tokio::test]
async fn every_spelling_of_an_event_arrives_as_the_same_signed_body() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("spellings").await?;
    world.subscribe(&[Wants::everything("crm", receiver.url("/a")).only(&["deal.*"]).tenant("acme")])?;
    world.start(&ALL).await?;
    for message in spellings(world.names.events()) {
        assert!(world.witness.publish(&message).await?);
    }
    receiver.until_count("/a", 6).await?;
    let requests = receiver.requests("/a");

    let mut bodies: Vec<_> = requests.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    bodies.sort_unstable();
    let ids = ["ce-", "ce_", "cloudEvents:", "cloudEvents_", "plain", "structured"];
    assert_eq!(bodies, ids.map(body));

    let key = Verifier::from(SECRET.parse::<Secret>()?);
    for request in &requests {
        assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", Some("application/json")));
        assert!(request.webhook_id().starts_with("msg_"));
        request.verify(&key)?;
    }
    let task = json!({"secret": SECRET, "webhooks": requests.iter().map(for_python).collect::<Vec<_>>()});
    assert_eq!(python::run_script("verify.py", &task).await?.success()?.trim(), "6");
    world.finish().await
}

#[tokio::test]
async fn an_event_of_the_producer_library_arrives_under_the_id_that_it_had_there() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("producer").await?;
    world.subscribe(&[Wants::everything("crm", receiver.url("/a")).tenant("acme")])?;
    world.start(&ALL).await?;
    let url = barid_tests::shared_broker().await?;
    let config =
        barid_producer::Config { events_exchange: world.names.events().to_owned(), ..barid_producer::Config::new(url) };
    let producer = Producer::connect(config).await?;
    let event = NewEvent::new("contact.created").source("sales").tenant("acme").json(&json!({"name": "Ada"}))?;
    producer.publish(&event).await?;
    receiver.until_count("/a", 1).await?;
    let request = &receiver.requests("/a")[0];
    assert_eq!(request.webhook_id(), event.envelope.message_id().as_str());
    let body: Value = serde_json::from_slice(&request.body)?;
    assert_eq!((&body["type"], &body["data"]["name"]), (&json!("contact.created"), &json!("Ada")));
    producer.close().await;
    world.finish().await
}

#[tokio::test]
async fn only_those_who_want_an_event_get_it_and_tenants_never_meet() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("matching").await?;
    world.subscribe(&[
        Wants::everything("one", receiver.url("/one")).only(&["deal.*"]),
        Wants::everything("two", receiver.url("/two")).only(&["deal.won", "lead.#"]),
        Wants::everything("acme", receiver.url("/acme")).tenant("acme"),
    ])?;
    world.start(&ALL).await?;
    for (id, event_type) in ["deal.won", "deal.lost", "lead.a.b", "contact.created"].into_iter().enumerate() {
        world.publish(&event_with(event_type, &id.to_string(), "{}")?).await?;
    }
    receiver.until_count("/one", 2).await?;
    receiver.until_count("/two", 2).await?;
    world.settled().await?;
    assert_eq!((receiver.count("/one"), receiver.count("/two"), receiver.count("/acme")), (2, 2, 0));
    world.finish().await
}
