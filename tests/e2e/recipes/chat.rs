//! Slack, Teams and Discord.

use anyhow::Result;
use barid_tests::event_with;
use barid_tests::receiver::{Answer, Script};
use serde_json::json;

use super::{Kitchen, json};

/// Something of everything that a chat would take for more than text, and more of it than a message holds.
fn hostile() -> String {
    let name = format!("<!channel> & @everyone \"q\" {}", "x".repeat(6_000));
    json!({"name": name}).to_string()
}

#[tokio::test]
async fn slack_gets_escaped_text_and_says_ok() -> Result<()> {
    let slack = Kitchen::open("slack", "/services/T0/B0/tok", &[("webhook_url", "{base}/services/T0/B0/tok")]).await?;
    let request = slack.delivered("1", "deal.won", &hostile(), Answer::with_body(200, "ok")).await?;
    assert_eq!(request.method, "POST");
    let body = json(&request)?;
    let text = body["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("deal.won: &lt;!channel&gt; &amp; @everyone \"q\" xxx"), "{text}");
    assert!(text.ends_with('…') && text.chars().count() < 40_000);
    // What is taken for an entity or a mention has an unescaped bracket or ampersand.
    assert!(!text.contains(['<', '>']));
    let (reason, detail) = slack.refused("2", "deal.won", "{}", Answer::with_body(404, "channel_not_found")).await?;
    assert_eq!(reason, "permanent_status", "{detail}");
    // An event without data is told about all the same.
    let request = slack.delivered("3", "deal.won", "null", Answer::with_body(200, "ok")).await?;
    assert_eq!(json(&request)?["text"], "deal.won: 3");
    slack.close().await
}

#[tokio::test]
async fn teams_gets_a_card_and_an_error_in_a_200_is_no_success() -> Result<()> {
    let path = "/workflows/0/invoke?api-version=2016-06-01&sig=s%2Fx";
    let teams = Kitchen::open("teams", path, &[("webhook_url", &format!("{{base}}{path}"))]).await?;
    let request = teams.delivered("1", "deal.won", &hostile(), Answer::status(202)).await?;
    let body = json(&request)?;
    assert!(request.body.len() < 28 << 10);
    assert_eq!(body["type"], "message");
    let attachment = &body["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(attachment["contentUrl"].is_null());
    let card = &attachment["content"];
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    assert!(card["body"][0]["text"].as_str().is_some_and(|text| text.starts_with("<!channel> & ")), "{card}");
    assert_eq!(card["body"][1]["facts"][0], json!({"title": "Event", "value": "deal.won"}));
    let throttled = Answer::with_body(200, "Webhook message delivery failed with error: HTTP error 429");
    teams.receiver.on(path, Script::first([throttled]).then(Answer::status(202)));
    teams.world.publish(&event_with("deal.won", "2", "{}")?).await?;
    teams.receiver.until_count(path, 3).await?;
    teams.world.settled().await?;
    let (reason, _) = teams.refused("3", "deal.won", "{}", Answer::status(404)).await?;
    assert_eq!(reason, "permanent_status");
    teams.close().await
}

#[tokio::test]
async fn discord_waits_and_mentions_nobody() -> Result<()> {
    let path = "/api/webhooks/1/tok?wait=true";
    let discord = Kitchen::open("discord", path, &[("webhook_url", "{base}/api/webhooks/1/tok")]).await?;
    let request = discord.delivered("1", "deal.won", &hostile(), Answer::with_body(200, "{}")).await?;
    let body = json(&request)?;
    assert_eq!(body["allowed_mentions"], json!({"parse": []}));
    assert_eq!(body["content"].as_str().map(|text| text.chars().count()), Some(2_000));
    let (reason, _) = discord.refused("2", "deal.won", "{}", Answer::status(404)).await?;
    assert_eq!(reason, "permanent_status");
    discord.close().await
}
