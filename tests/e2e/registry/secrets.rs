//! Secrets, and URLs beyond their host, are nowhere but where somebody asked for them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use barid_tests::receiver::Answer;
use barid_tests::{Receiver, Wants, World, event};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::WHOLE;

/// What requests carry to prove who sends them.
const PASSWORD: &str = "passw0rd-5e6f7a";

/// The value of a header.
const VALUE: &str = "v4lue-1b2c3d";

/// In the path of the destination; many a CRM puts its token there.
const TOKEN: &str = "/T0KEN9f8e7d6c";

#[tokio::test]
async fn no_secret_is_in_files_logs_errors_lists_or_metrics() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on(TOKEN, Answer::status(410));
    let mut world = World::new("secrets").await?;
    world.use_sqlite();
    let process = world.launch(&WHOLE).env("BARID_TELEMETRY__LOG_FILTER", "debug,lapin=off").start().await?;
    let api = world.api(&process)?;
    let proof = json!({"kind": "basic", "username": "u", "password": PASSWORD});
    let destination = json!({"headers": {"x-team": VALUE}, "auth": proof});
    let wants = Wants::everything("a", receiver.url(TOKEN)).destination(destination).to_value();
    let made = api.post("/v1/subscriptions?wait=1", &wants).await?;
    let id = made["id"].as_str().context("no id")?.to_owned();

    let mut told = BTreeMap::new();
    told.insert("twice", api.call("POST", "/v1/subscriptions", Some(&wants), &[]).await?.body);
    let wrong = json!({"name": "b", "events": ["#"], "destination": {"url": format!("ftp://h{TOKEN}")}});
    told.insert("a wrong URL", api.call("POST", "/v1/subscriptions", Some(&wrong), &[]).await?.body);
    let rotate = format!("/v1/subscriptions/{id}/rotate-secret?wait=1");
    api.act(&rotate).await?;
    api.call("POST", &format!("/v1/subscriptions/{id}/test"), Some(&json!({"type": "a.b"})), &[]).await?;
    told.insert("show", api.get(&format!("/v1/subscriptions/{id}")).await?.to_string());
    told.insert("list", api.get("/v1/subscriptions").await?.to_string());
    world.publish(&event("deal.won", "1")?).await?;
    world.claim_dead_letters(1).await?;

    let mut secrets: Vec<String> = vec![
        TOKEN.trim_start_matches('/').to_owned(),
        PASSWORD.to_owned(),
        VALUE.to_owned(),
        STANDARD.encode(format!("u:{PASSWORD}")),
    ];
    secrets.extend([world.master_key().to_owned(), secret_part(api.key())]);
    let shown = api.get(&format!("/v1/subscriptions/{id}/secrets")).await?.to_string();
    secrets.extend(shown.split('"').filter_map(|text| text.strip_prefix("whsec_")).map(str::to_owned));
    assert!(secrets.len() >= 8, "the token, the credentials, the master key, the API key, and two signing secrets");

    let key = ["--url", &api.url(), "--key", api.key()].map(str::to_owned);
    for command in
        [vec!["config"], vec!["subscriptions", "list"], vec!["subscriptions", "show", "a"], vec!["keys", "list"]]
    {
        let mut arguments = command.clone();
        if command != ["config"] {
            arguments.extend(key.iter().map(String::as_str));
        }
        let finished = world.barid(&arguments).await?;
        assert!(finished.status.success(), "{finished:?}");
        told.insert(command[command.len() - 1], format!("{}{}", finished.stdout, finished.stderr));
    }
    told.insert("metrics", process.get("/metrics").await?.1);
    assert!(process.terminate().await?.success());
    told.insert("log", process.log().join("\n"));
    for secret in &secrets {
        for (place, text) in &told {
            assert!(!text.contains(secret.as_str()), "{place} shows the secret that begins with {}", &secret[..4]);
        }
        for (file, bytes) in world.files()? {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found || file == "admin.key", "{file} holds the secret that begins with {}", &secret[..4]);
        }
    }
    world.finish().await
}

/// Of `bk_<id>_<secret>`: the id is no secret.
fn secret_part(key: &str) -> String {
    key.rsplit('_').next().unwrap_or(key).to_owned()
}
