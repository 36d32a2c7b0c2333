//! Each envelope, encoding and template arrives as documented, read by libraries that are not ours; and one that cannot be
//! made is the end of its own delivery only.

use anyhow::Result;
use barid_signature::{Secret, Verifier};
use barid_tests::receiver::Request;
use barid_tests::{Receiver, SECRET, Wants, World, event_with, python};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::ALL;

const DATA: &str = r#"{"name": "A&B", "owner": {"email": "jane@example.com", "phone": "1"}, "lines": [{"sku": "x"}]}"#;

/// A request as the scripts take it.
fn webhook(request: &Request) -> Value {
    let headers: Map<_, _> = request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({"headers": headers, "body": STANDARD.encode(&request.body)})
}

/// What arrives with each of these payloads, signed by the secret of all subscriptions.
async fn arrived(world: &World, receiver: &Receiver, count: usize) -> Result<Vec<Request>> {
    let key = Verifier::from(SECRET.parse::<Secret>()?);
    let mut requests = Vec::new();
    for number in 0..count {
        let path = format!("/{number}");
        receiver.until_count(&path, 1).await?;
        requests.extend(receiver.requests(&path));
    }
    world.settled().await?;
    requests.iter().try_for_each(|request| request.verify(&key))?;
    Ok(requests)
}

/// One subscription per payload, at `/0`, `/1` and so on.
fn wants(receiver: &Receiver, payloads: &[Value]) -> Vec<Wants> {
    let want = |(number, payload): (usize, &Value)| {
        Wants::everything(&format!("s{number}"), receiver.url(&format!("/{number}"))).payload(payload.clone())
    };
    payloads.iter().enumerate().map(want).collect()
}

#[tokio::test]
async fn every_shape_arrives_as_documented() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("shapes").await?;
    let payloads = [
        json!({"envelope": "none"}),
        json!({"envelope": "none", "encoding": "xml", "exclude": ["owner.phone"]}),
        json!({"envelope": "none", "encoding": "form", "fields": ["lines.sku"]}),
        json!({"fields": ["owner"], "redact": {"owner.email": "mask", "owner.phone": "hash"}}),
        json!({"template": "{\"text\": {{ data.name }}, \"lines\": {{ data.lines|length }}}"}),
        json!({"template": "<b>{{ data.name }}</b>", "content_type": "text/xml"}),
        json!({"encoding": "xml"}),
    ];
    world.subscribe(&wants(&receiver, &payloads))?;
    world.start(&ALL).await?;
    world.publish(&event_with("deal.won", "1", DATA)?).await?;
    let requests = arrived(&world, &receiver, payloads.len()).await?;
    let text = |number: usize| String::from_utf8_lossy(&requests[number].body).into_owned();
    let types: Vec<_> = requests.iter().filter_map(|request| request.header("content-type")).collect();
    let (xml, form) = ("application/xml; charset=utf-8", "application/x-www-form-urlencoded");
    assert_eq!(types, ["application/json", xml, form, "application/json", "application/json", "text/xml", xml]);

    assert_eq!(text(0), DATA);
    let inner =
        "<lines><item><sku>x</sku></item></lines><name>A&amp;B</name><owner><email>jane@example.com</email></owner>";
    assert_eq!(text(1), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event>{inner}</event>"));
    assert_eq!(text(2), "lines%5B0%5D%5Bsku%5D=x");
    let redacted: Value = serde_json::from_str(&text(3))?;
    assert_eq!(redacted["data"]["owner"]["email"], "***@example.com");
    assert_eq!(redacted["data"]["owner"]["phone"].as_str().map(str::len), Some(64));
    assert_eq!(serde_json::from_str::<Value>(&text(4))?, json!({"text": "A&B", "lines": 1}));
    assert_eq!(text(5), "<b>A&amp;B</b>");
    assert!(text(6).contains("<type>deal.won</type>"), "{}", text(6));

    let task = json!({"secret": SECRET, "webhooks": [webhook(&requests[6])]});
    assert_eq!(python::run_script("verify.py", &task).await?.success()?.trim(), "1");
    world.finish().await
}

#[tokio::test]
async fn a_template_that_fails_is_a_dead_letter_and_nobody_elses_trouble() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("templates").await?;
    let payloads = [json!({"template": "{{ data.missing }}"}), json!({})];
    world.subscribe(&wants(&receiver, &payloads))?;
    world.start(&ALL).await?;
    world.publish(&event_with("deal.won", "1", DATA)?).await?;
    let letters = world.claim_dead_letters(1).await?;
    assert_eq!(letters[0].reason, "template");
    assert_eq!(letters[0].detail, "the template failed in line 1: undefined value");
    receiver.until_count("/1", 1).await?;
    assert_eq!(receiver.count("/0"), 0);
    world.finish().await
}

#[tokio::test]
async fn the_event_fills_the_url_and_one_that_cannot_is_a_dead_letter() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("urls").await?;
    let url = |path: &str| receiver.url(path);
    let filled = url("/people/{{ data.name }}?address={{ data.owner.email|upper|lower|md5 }}");
    let wants = [Wants::everything("filled", filled), Wants::everything("empty", url("/{{ data.missing }}"))];
    world.subscribe(&wants)?;
    world.start(&ALL).await?;
    world.publish(&event_with("deal.won", "1", DATA)?).await?;
    let letters = world.claim_dead_letters(1).await?;
    assert_eq!(letters[0].reason, "template");
    assert_eq!(letters[0].detail, "the url: the template failed in line 1: undefined value");
    // The MD5 of jane@example.com.
    receiver.until_count("/people/A%26B?address=9e26471d35a78862c17e467d87cddedf", 1).await?;
    world.finish().await
}
