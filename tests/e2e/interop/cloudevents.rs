//! Every mode of CloudEvents, with data of every kind, gives back the event that was published.

use anyhow::Result;
use barid_event::{Event, Subject};
use barid_tests::{Language, Stranger, Wants, World, event_with};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::ALL;

const JSON: &str = r#"{"name": "Zoë & Söhne", "amount": 12.5, "tags": ["a", null]}"#;
const XML: &str = "<deal><name>Zoë &amp; Söhne</name></deal>";
/// With no more digits than a `Date` of JavaScript has.
const TIME: &str = "2026-11-24T10:00:00.123Z";
const BYTES: &[u8] = &[0, 159, 146, 150, 255];

/// [`JSON`], as the payload's encoding writes it.
const ENCODED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event><amount>12.5</amount>\
    <name>Zoë &amp; Söhne</name><tags><item>a</item><item/></tags></event>";

/// Requests to one path.
struct Wanted {
    path: &'static str,
    /// The only type of event that comes here.
    event_type: &'static str,
    payload: Value,
    /// What the library is to find.
    content_type: &'static str,
    data: Value,
}

fn wanted() -> Vec<Wanted> {
    let structured = || json!({"envelope": "cloudevents"});
    let binary = || json!({"envelope": "cloudevents-binary"});
    let encoded = json!({"envelope": "cloudevents-binary", "encoding": "xml"});
    let json_data = || json!({"data": serde_json::from_str::<Value>(JSON).unwrap_or_default()});
    let bytes = |bytes: &[u8]| json!({"bytes": STANDARD.encode(bytes)});
    let (json_type, xml, octets) = ("application/json", "application/xml", "application/octet-stream");
    let of = |path, event_type, payload, content_type, data| Wanted { path, event_type, payload, content_type, data };
    vec![
        of("/structured", "deal.won", structured(), json_type, json_data()),
        of("/binary", "deal.won", binary(), json_type, json_data()),
        of("/encoded", "deal.won", encoded, "application/xml; charset=utf-8", bytes(ENCODED.as_bytes())),
        of("/structured-xml", "deal.reported", structured(), xml, json!({"data": XML})),
        of("/binary-xml", "deal.reported", binary(), xml, bytes(XML.as_bytes())),
        of("/structured-bytes", "deal.scanned", structured(), octets, bytes(BYTES)),
        of("/binary-bytes", "deal.scanned", binary(), octets, bytes(BYTES)),
    ]
}

/// An event with every attribute that there is.
fn event(event_type: &str, content_type: &str, data: &[u8]) -> Result<Event> {
    let mut event = event_with(event_type, "id-1", data.to_vec())?;
    event.envelope.source = "/sales/eu".parse()?;
    event.envelope.subject = Some("deal/7".parse::<Subject>()?);
    event.envelope.datacontenttype = content_type.parse()?;
    event.envelope.time = TIME.parse()?;
    event.envelope.tenant = "acme".parse()?;
    Ok(event)
}

async fn every_mode_is_understood(language: Language) -> Result<()> {
    let mut world = World::new(&format!("events-{language:?}").to_lowercase()).await?;
    let wanted = wanted();
    let check = |wanted: &Wanted| (wanted.path.to_owned(), json!({"library": "cloudevents"}));
    let checks: Map<_, _> = wanted.iter().map(check).collect();
    let receiver = Stranger::start(language, &checks.into(), &world.path("")).await?;
    let want = |Wanted { path, event_type, payload, .. }: &Wanted| {
        let wants = Wants::everything(&path[1..], receiver.url(path)).only(&[event_type]).tenant("acme");
        wants.payload(payload.clone())
    };
    world.subscribe(&wanted.iter().map(want).collect::<Vec<_>>())?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "application/json", JSON.as_bytes())?).await?;
    world.publish(&event("deal.reported", "application/xml", XML.as_bytes())?).await?;
    world.publish(&event("deal.scanned", "application/octet-stream", BYTES)?).await?;
    world.settled().await?;
    let results = receiver.results().await?;
    for Wanted { path, event_type, content_type, data, .. } in &wanted {
        let mut expected = data.clone();
        expected["attributes"] = json!({"specversion": "1.0", "id": "id-1", "type": event_type, "source": "/sales/eu",
            "subject": "deal/7", "time": TIME, "tenant": "acme", "datacontenttype": content_type});
        assert_eq!(results[path], json!([expected]), "{path}");
    }
    world.finish().await
}

#[tokio::test]
async fn every_mode_is_understood_in_python() -> Result<()> {
    every_mode_is_understood(Language::Python).await
}

#[tokio::test]
async fn every_mode_is_understood_in_node() -> Result<()> {
    every_mode_is_understood(Language::Node).await
}
