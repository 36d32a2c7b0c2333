//! What is no event becomes a dead letter with its reason, its bytes and its headers, and holds up nobody.

use anyhow::{Context, Result};
use barid_broker::dead_letter::Content;
use barid_broker::original::Original;
use barid_tests::{Message, Receiver, Wants, World, event};
use bytes::Bytes;

use crate::ALL;

/// Every way of being no event that we know, by what its dead letter says.
fn malformed(exchange: &str) -> Vec<(&'static str, Message)> {
    let of = |body: &[u8]| Message::new(exchange, "deal.won", Bytes::copy_from_slice(body));
    let good = || of(b"{}");
    let with = |header: &str, value: &str| good().header(header, value);
    let structured = |body: &[u8]| of(body).property("content_type", "application/cloudevents+json");
    let many = (0..1000).fold(good(), |message, number| message.header(&format!("x{number}"), number));
    vec![
        ("invalid_json", of(br#"{"a":"#)),
        ("invalid_json", of("[".repeat(10_000).as_bytes())),
        ("invalid_json", of(b"\xef\xbb\xbf{}")),
        ("invalid_json", of(b"{\"a\":\"\xff\"}")),
        ("invalid_json", of(br#"{"a":NaN}"#)),
        ("invalid_json", structured(b"[]")),
        ("invalid_json", structured(b"")),
        ("invalid_data", structured(br#"{"data":1,"data_base64":"AA=="}"#)),
        ("body_too_large", of(&vec![b' '; (1 << 20) + 1])),
        ("headers_too_large", many),
        ("headers_too_large", with("x", &"y".repeat(40 << 10))),
        ("invalid_type", with("cloudEvents_type", "Deal.Won")),
        ("invalid_type", with("ce-type", &"a".repeat(300))),
        ("invalid_type", Message { routing_key: String::new(), ..good() }),
        ("invalid_id", with("ce-id", "a\r\nb")),
        ("invalid_source", with("ce-source", "a\nb")),
        ("invalid_tenant", with("tenant", "Acme!")),
        ("invalid_time", with("ce-time", "yesterday")),
        ("invalid_time", good().property("timestamp", 1_764_000_000_000_u64)),
        ("invalid_attribute", good().raw_header("ce-subject", b"\xff\xfe")),
        ("attributes_disagree", with("cloudEvents_tenant", "acme").header("tenant", "other")),
        ("unsupported_specversion", with("ce-specversion", "0.3")),
        ("unsupported_content_encoding", good().property("content_encoding", "gzip")),
        ("unsupported_format", good().property("content_type", "application/cloudevents+avro")),
        ("batch_not_allowed", of(b"[]").property("content_type", "application/cloudevents-batch+json")),
    ]
}

#[tokio::test]
async fn what_is_no_event_is_kept_with_its_reason_and_holds_up_nobody() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("malformed").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let malformed = malformed(world.names.events());
    let mut good = Vec::new();
    for (number, (reason, message)) in malformed.iter().enumerate() {
        // The property that no rule of theirs is about tells them apart.
        let message = message.clone().property("message_id", format!("bad-{number}"));
        assert!(world.witness.publish(&message).await.with_context(|| format!("{number}, {reason}"))?);
        good.push(world.publish(&event("deal.won", &number.to_string())?).await?);
    }
    receiver.all_arrived("/a", &good).await?;

    let letters = world.claim_dead_letters(malformed.len()).await?;
    for (number, (reason, message)) in malformed.iter().enumerate() {
        let named = |original: &Original| original.message_id.as_deref() == Some(&*format!("bad-{number}"));
        let found = letters.iter().find_map(|letter| match &letter.content {
            Content::Message(original) if named(original) => Some((letter, original)),
            _ => None,
        });
        let (letter, original) = found.with_context(|| format!("{number}, {reason}: no dead letter"))?;
        assert_eq!(letter.reason, *reason, "{number}: {}", letter.detail);
        assert_eq!(original.body, message.body, "{number}, {reason}");
        assert_eq!(original.routing_key, message.routing_key, "{number}, {reason}");
        let kept = |name: &String| original.headers.iter().any(|(kept, _)| kept == name);
        assert!(*reason == "headers_too_large" || message.headers.keys().all(kept), "{number}, {reason}");
    }
    assert_eq!(receiver.count("/a"), good.len());
    world.finish().await
}

#[tokio::test]
async fn unusual_data_is_no_error() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("unusual").await?;
    world.subscribe(&[Wants::everything("a", receiver.url("/a"))])?;
    world.start(&ALL).await?;
    let of =
        |id: &str, body: &'static [u8]| Message::new(world.names.events(), "deal.won", body).property("message_id", id);
    let cases = [
        (of("empty", b""), r#""data":null}"#),
        (of("twice", br#"{"a":1,"a":2}"#), r#""data":{"a":1,"a":2}}"#),
        (of("text", b"{nope").property("content_type", "text/plain"), r#""data":"{nope"}"#),
        (of("bytes", b"\xff\x00").property("content_type", "image/png"), r#""data_base64":"/wA="}"#),
    ];
    for (message, _) in &cases {
        assert!(world.witness.publish(message).await?);
    }
    receiver.until_count("/a", cases.len()).await?;
    let bodies: Vec<_> = receiver.requests("/a").into_iter().map(|request| request.body).collect();
    for (message, end) in &cases {
        let arrived = bodies.iter().any(|body| body.ends_with(end.as_bytes()));
        assert!(arrived, "{}: {bodies:?}", message.properties["message_id"]);
    }
    world.finish().await
}
