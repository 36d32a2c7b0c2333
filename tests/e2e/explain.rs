//! What is explained is what then happens: the same verdict for each subscription, and the request that was shown.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use barid_event::Event;
use barid_tests::receiver::Request;
use barid_tests::{Api, PATIENCE, Receiver, Wants, World, event_with, eventually};
use serde_json::{Value, json};

/// Header fields that belong to the connection, which no explanation shows.
const OF_THE_CONNECTION: [&str; 5] = ["host", "content-length", "user-agent", "accept", "connection"];

/// Every role, in one process.
const WHOLE: [&str; 3] = ["gateway", "router", "dispatcher"];

/// The event in JSON, its data byte for byte.
fn json_of(event: &Event) -> Result<String> {
    let envelope = serde_json::to_string(&event.envelope)?;
    let envelope = envelope.strip_suffix('}').context("an object")?;
    Ok(format!("{envelope},\"data\":{}}}", std::str::from_utf8(&event.data)?))
}

/// What is said of the event.
async fn explain(world: &World, api: &Api, event: &Event, options: &str) -> Result<Value> {
    std::fs::write(world.path("event.json"), json_of(event)?)?;
    let told = world.shell(&format!("barid explain event.json {options} --output json"), api).await?;
    Ok(serde_json::from_str(&told.success()?)?)
}

fn subscriptions(explanation: &Value) -> Result<&Vec<Value>> {
    explanation["subscriptions"].as_array().context("no list of subscriptions")
}

/// Whether the request that came is the one that was shown.
fn ensure_same(shown: &Value, came: &Request) -> Result<()> {
    ensure!(shown["method"] == came.method.as_str(), "{shown}");
    let headers = shown["headers"].as_array().context("no headers")?;
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let of_shown = names(headers.iter().filter_map(|header| header["name"].as_str()).collect());
    let sent = came.headers.iter().map(|(name, _)| name.as_str());
    let of_sent = names(sent.filter(|name| !OF_THE_CONNECTION.contains(name)).collect());
    ensure!(of_shown == of_sent, "{of_shown:?} were shown, {of_sent:?} came");
    for header in headers.iter().filter(|header| header["masked"] != true && header["name"] != "webhook-timestamp") {
        let name = header["name"].as_str().context("no name")?;
        ensure!(came.header(name) == header["value"].as_str(), "{header} was shown, {:?} came", came.header(name));
    }
    ensure!(shown["body"].as_str().map(str::as_bytes) == Some(&came.body), "{shown}: {:?} came", came.body);
    Ok(())
}

/// Subscriptions of every sort.
fn wants(receiver: &Receiver) -> Vec<Wants> {
    let at = |name: &str| Wants::everything(name, receiver.url(&format!("/{name}")));
    vec![
        at("all"),
        at("binary").only(&["deal.*"]).payload(json!({"envelope": "cloudevents-binary"})),
        at("broken").only(&["deal.won"]).payload(json!({"template": "{{ data.owner.name }}"})),
        at("big").filter("data.amount > 100 && data.currency == 'EUR'"),
        at("owned").filter("data.owner.name.startsWith('A')"),
        at("stage").only(&["deal.updated"]).filter("changed('stage') && old('stage') == 'open'"),
        at("xml").only(&["*.won", "lead.#"]).payload(json!({"encoding": "xml", "exclude": ["owner"]})),
    ]
}

fn events() -> Result<Vec<Event>> {
    [
        ("deal.won", r#"{"amount": 500, "currency": "EUR", "owner": {"name": "Ada"}}"#),
        ("deal.won", r#"{"amount": 5.0, "currency": "EUR"}"#),
        ("deal.updated", r#"{"changes": [{"field": "stage", "old": "open", "new": "won"}]}"#),
        ("lead.created", r#"[1, "two"]"#),
        ("invoice", "{}"),
    ]
    .into_iter()
    .enumerate()
    .map(|(number, (event_type, data))| event_with(event_type, &format!("e-{number}"), data))
    .collect()
}

#[tokio::test]
async fn what_is_explained_is_what_the_road_then_does() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("explain-road").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    for wants in wants(&receiver) {
        api.subscribe(&wants).await?;
    }
    let mut guarded = Wants::everything("guarded", receiver.url("/guarded")).to_value();
    guarded["destination"]["method"] = json!("PUT");
    guarded["destination"]["headers"] = json!({"x-team": "sales"});
    guarded["destination"]["auth"] = json!({"kind": "bearer", "token": "hidden"});
    api.post("/v1/subscriptions?wait=1", &guarded).await?;
    let mut verdicts = BTreeSet::new();
    for event in events()? {
        let explanation = explain(&world, &api, &event, "").await?;
        ensure!(explanation["refused"].is_null() && explanation["truncated"] == false, "{explanation}");
        let id = world.publish(&event).await?;
        ensure!(explanation["message_id"] == id.as_str(), "{explanation}");
        // What must come is waited for by itself: right after a publication, nothing seems to be on its way.
        let must_come = subscriptions(&explanation)?.iter().filter(|said| said["verdict"] == "delivers");
        for name in must_come.filter_map(|said| said["name"].as_str()) {
            eventually(name, PATIENCE, async || {
                Ok(receiver.requests(&format!("/{name}")).iter().any(|request| request.webhook_id() == id))
            })
            .await?;
        }
        world.settled().await?;
        let mut letters = 0;
        for said in subscriptions(&explanation)? {
            let (name, verdict) = (said["name"].as_str().context("no name")?, said["verdict"].as_str().unwrap_or("?"));
            let came = receiver.requests(&format!("/{name}"));
            let came: Vec<_> = came.iter().filter(|request| request.webhook_id() == id).collect();
            verdicts.insert(verdict.to_owned());
            letters += usize::from(verdict == "template");
            ensure!(came.len() == usize::from(verdict == "delivers"), "{said}: {} came", came.len());
            if let [came] = came.as_slice() {
                ensure_same(&said["request"], came).with_context(|| format!("{name} and {id}"))?;
            }
        }
        let claimed = world.claim_dead_letters(letters).await?;
        ensure!(claimed.iter().all(|letter| letter.reason == "template"), "{claimed:?}");
    }
    let expected = ["delivers", "filter_error", "filtered", "no_pattern", "template"];
    assert_eq!(verdicts.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    world.finish().await
}

#[tokio::test]
async fn an_event_that_reaches_nobody_is_the_dead_letter_that_was_foretold() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("explain-dead").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    for (tenant, quotas) in [("default", json!({})), ("few", json!({"fanout": 1}))] {
        api.post("/v1/tenants", &json!({"id": tenant, "quotas": quotas})).await?;
    }
    let schema = json!({"type": "deal.won", "validation": "enforce", "schema": {"required": ["owner"]}});
    api.post("/v1/event-types?wait=1", &schema).await?;
    for (name, tenant) in [("a", "default"), ("b", "few"), ("c", "few")] {
        api.subscribe(&Wants::everything(name, receiver.url("/nobody")).tenant(tenant)).await?;
    }
    for (event_type, tenant, reason) in [
        ("deal.won", "default", "schema"),
        ("lead.created", "ghost", "tenant_unknown"),
        ("lead.created", "few", "fanout_exceeded"),
    ] {
        let mut event = event_with(event_type, reason, "{}")?;
        event.envelope.tenant = tenant.parse()?;
        let explanation = explain(&world, &api, &event, "").await?;
        ensure!(explanation["refused"]["reason"] == reason, "{explanation}");
        ensure!(subscriptions(&explanation)?.iter().all(|said| said["verdict"] == reason), "{explanation}");
        world.publish(&event).await?;
        let letters = world.claim_dead_letters(1).await?;
        assert_eq!(
            (letters[0].reason.as_str(), Some(letters[0].detail.as_str())),
            (reason, explanation["refused"]["detail"].as_str())
        );
    }
    assert_eq!(receiver.count("/nobody"), 0);
    world.finish().await
}

#[tokio::test]
async fn one_that_is_paused_gets_the_request_that_was_shown_when_it_is_resumed() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("explain-paused").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    let id = api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    api.act(&format!("/v1/subscriptions/{id}/pause?wait=1")).await?;
    let event = event_with("deal.won", "1", r#"{"amount": 1.50}"#)?;
    let explanation = explain(&world, &api, &event, "").await?;
    let said = &subscriptions(&explanation)?[0];
    ensure!(said["verdict"] == "paused", "{said}");
    world.publish(&event).await?;
    let lane = world.names.inbox().replace(".inbox", &format!(".own.{id}"));
    let waits = async || Ok(world.witness.queue(&lane).await?.is_some_and(|queue| queue.messages == 1));
    eventually("the delivery waits in the own lane", PATIENCE, waits).await?;
    assert_eq!(receiver.count("/a"), 0);
    api.act(&format!("/v1/subscriptions/{id}/resume?wait=1")).await?;
    receiver.until_count("/a", 1).await?;
    ensure_same(&said["request"], &receiver.requests("/a")[0])?;
    eventually("the own lane is gone", PATIENCE, async || Ok(world.witness.queue(&lane).await?.is_none())).await?;
    world.finish().await
}

#[tokio::test]
async fn asked_to_send_it_sends_exactly_once_what_it_shows() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("explain-send").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let api = world.api(&process)?;
    for wants in wants(&receiver) {
        api.subscribe(&wants).await?;
    }
    let event = event_with("deal.won", "1", r#"{"amount": 500, "currency": "EUR", "owner": {"name": "Ada"}}"#)?;
    let explanation = explain(&world, &api, &event, "--subscription xml --send").await?;
    ensure!(explanation["sent"]["delivered"] == true, "{explanation}");
    world.settled().await?;
    assert_eq!(receiver.count("/xml"), 1);
    ensure_same(&subscriptions(&explanation)?[0]["request"], &receiver.requests("/xml")[0])?;
    for other in ["all", "binary", "broken", "big", "owned", "stage"] {
        assert_eq!(receiver.count(&format!("/{other}")), 0, "{other}");
    }
    // What cannot be made is not sent, and no dead letter is left of it.
    std::fs::write(world.path("event.json"), r#"{"type": "deal.won", "data": {}}"#)?;
    let refused = world.shell("barid explain event.json --subscription broken --send", &api).await?;
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(refused.stdout.contains("not delivered, the template failed"), "{refused:?}");
    world.finish().await
}

#[tokio::test]
async fn a_file_of_subscriptions_is_explained_like_the_registry() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("explain-file").await?;
    world.subscribe(&wants(&receiver))?;
    world.use_sqlite();
    let process = world.start(&["gateway"]).await?;
    let api = world.api(&process)?;
    for wants in wants(&receiver) {
        api.post("/v1/subscriptions", &wants.to_value()).await?;
    }
    let file = world.subscriptions().display().to_string();
    for event in events()? {
        std::fs::write(world.path("event.json"), json_of(&event)?)?;
        let mut said = Vec::new();
        for from in ["", "--local", &format!("--subscriptions {file}")] {
            // Where the API is stands in the environment: only the first one asks it.
            let command = format!("barid explain event.json {from} --output json");
            let mut told: Value = serde_json::from_str(&world.shell(&command, &api).await?.success()?)?;
            // The time of the attempt is now, whenever that is; and how long a filter takes is the machine's.
            for one in told["subscriptions"].as_array_mut().context("no list")? {
                if one["filter"].is_object() {
                    one["filter"]["slow"] = Value::Null;
                }
                for header in one["request"]["headers"].as_array_mut().into_iter().flatten() {
                    if header["name"] == "webhook-timestamp" {
                        header["value"] = Value::Null;
                    }
                }
            }
            said.push(told);
        }
        assert_eq!(said[0], said[1]);
        assert_eq!(said[0], said[2]);
    }
    let refused = world.shell("barid explain event.json --local --url http://127.0.0.1:1", &api).await?;
    assert!(refused.code() == Some(2) && refused.stderr.contains("--url cannot be used with --local"), "{refused:?}");
    let table = world.shell("echo '{\"type\": \"invoice\"}' | barid explain -", &api).await?.success()?;
    assert!(table.contains("SUBSCRIPTION") && table.contains("1 of 7 subscriptions get it"), "{table}");
    let refused = world.shell("barid explain evt-4711", &api).await?;
    assert!(refused.code() == Some(2) && refused.stderr.contains("give the event's JSON"), "{refused:?}");
    world.finish().await
}
