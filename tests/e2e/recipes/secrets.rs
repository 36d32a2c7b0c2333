//! A URL that is a secret is nowhere to be read but in the request itself, and where somebody asks for exactly that.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use barid_tests::receiver::Answer;

use super::Kitchen;

const TOKEN: &str = "XsecretXtokenX";

#[tokio::test]
async fn the_token_of_a_slack_url_is_in_no_output() -> Result<()> {
    let path = format!("/services/T0/B0/{TOKEN}");
    let slack = Kitchen::open("slack", &path, &[("webhook_url", &format!("{{base}}{path}"))]).await?;
    let Kitchen { world, receiver, process, api, said, .. } = &slack;
    let mut told = BTreeMap::from([("use", said.clone())]);
    receiver.on(&path, Answer::status(404));
    world.publish(&barid_tests::event_with("deal.won", "1", "{}")?).await?;
    receiver.until_count(&path, 1).await?;
    world.settled().await?;

    let list = api.get("/v1/subscriptions").await?;
    let id = list["data"][0]["id"].as_str().context("no subscription")?;
    let asked = api.get(&format!("/v1/subscriptions/{id}/secrets")).await?.to_string();
    assert!(asked.contains(TOKEN), "who asks for the secrets sees the whole url");
    told.insert("API, show", api.get(&format!("/v1/subscriptions/{id}")).await?.to_string());
    told.insert("API, list", list.to_string());
    for command in [
        "barid subscriptions list",
        "barid subscriptions show used",
        "barid dead-letters list",
        "barid --output json dead-letters list",
        "barid config",
    ] {
        told.insert(command, world.shell(&format!("{command} 2>&1"), api).await?.success()?);
    }
    assert!(told["barid dead-letters list"].contains("permanent_status"), "{}", told["barid dead-letters list"]);
    told.insert("metrics", process.get("/metrics").await?.1);
    let letters = world.claim_dead_letters(1).await?;
    told.insert("dead letter", format!("{} {} {:?}", letters[0].reason, letters[0].detail, letters[0]));
    assert!(process.terminate().await?.success());
    told.insert("log", process.log().join("\n"));
    for (place, text) in &told {
        assert!(!text.contains(TOKEN), "{place}: {text}");
    }
    for (file, bytes) in world.files()? {
        let found = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
        // The file that the value was given in is the test's own.
        assert!(!found || file.starts_with("value"), "{file}");
    }
    slack.close().await
}
