//! Secrets are replaced while everything runs: signing secrets with an overlap, the master key in three steps.

use anyhow::{Context as _, Result};
use barid_signature::{Secret, Verifier};
use barid_tests::{Receiver, Wants, World, event, python};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{WHOLE, whole};

#[tokio::test]
async fn during_the_overlap_old_and_new_secret_both_sign() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("rotate").await?;
    let api = whole(&mut world).await?;
    let mut document = Wants::everything("a", receiver.url("/a")).to_value();
    document.as_object_mut().context("no object")?.remove("signing");
    let made = api.post("/v1/subscriptions?wait=1", &document).await?;
    let id = made["id"].as_str().context("no id")?.to_owned();
    let secrets = async || {
        let shown = api.get(&format!("/v1/subscriptions/{id}/secrets")).await?;
        let text = shown.to_string();
        // Wherever they stand in the document.
        let found = text.split('"').filter(|part| part.starts_with("whsec_")).map(str::to_owned);
        anyhow::Ok(found.collect::<Vec<_>>())
    };
    let before = secrets().await?;
    assert_eq!(before.len(), 1);
    let rotate = format!("/v1/subscriptions/{id}/rotate-secret?wait=1");
    api.call("POST", &rotate, Some(&json!({"overlap": "1h"})), &[]).await?.success()?;
    let after = secrets().await?;
    assert_eq!((after.len(), after.contains(&before[0])), (2, true));

    world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/a", 1).await?;
    let request = &receiver.requests("/a")[0];
    let headers: Map<_, _> = request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let webhook = json!({"headers": headers, "body": STANDARD.encode(&request.body)});
    for secret in &after {
        request.verify(&Verifier::from(secret.parse::<Secret>()?))?;
        let task = json!({"secret": secret, "webhooks": [webhook]});
        assert_eq!(python::run_script("verify.py", &task).await?.success()?.trim(), "1");
    }
    world.finish().await
}

#[tokio::test]
async fn after_rotating_the_master_key_everything_works_without_the_old_one() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("master").await?;
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    let id = world.api(&process)?.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    assert!(process.terminate().await?.success());

    let old = world.master_key().to_owned();
    world.use_master_key(&World::new_master_key());
    let both = ["--set", &format!("security.other_master_keys={old}"), "keys", "rotate-master"];
    world.barid(&both).await?.success()?;

    let process = world.start(&WHOLE).await?;
    let shown: Value = world.api(&process)?.get(&format!("/v1/subscriptions/{id}/secrets")).await?;
    assert!(shown.to_string().contains(&receiver.url("/a")), "the whole URL");
    let event = world.publish(&event("deal.won", "1")?).await?;
    receiver.all_arrived("/a", [&event]).await?;

    world.use_master_key(&old);
    let refused = world.launch(&["router"]).spawn()?.ended(barid_tests::PATIENCE).await?;
    assert_eq!(refused.code(), Some(78));
    world.finish().await
}
