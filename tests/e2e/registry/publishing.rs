//! Publishing over HTTP, and the API against its own document.

use anyhow::Result;
use barid_tests::{Receiver, Wants, World, python, run};
use tokio::process::Command;

use super::whole;

#[tokio::test]
async fn an_array_is_answered_item_by_item() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("array").await?;
    let api = whole(&mut world).await?;
    api.subscribe(&Wants::everything("a", receiver.url("/a"))).await?;
    let events = serde_json::json!([
        {"id": "1", "type": "deal.won", "source": "/crm", "data": {}},
        {"id": "2", "type": "Deal Won", "source": "/crm", "data": {}},
    ]);
    let answer = api.post("/v1/events", &events).await?;
    let statuses: Vec<_> = answer["data"].as_array().into_iter().flatten().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["accepted", "refused"], "{answer}");
    receiver.until_count("/a", 1).await?;
    world.finish().await
}

#[tokio::test]
async fn the_api_does_what_its_document_says_and_never_fails() -> Result<()> {
    let mut world = World::new("schemathesis").await?;
    let api = whole(&mut world).await?;
    let python = python::interpreter().await?;
    let schemathesis = python.replace("/python", "/schemathesis");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let mut command = Command::new(schemathesis);
    command
        .args(["run", &format!("{}/openapi.json", api.url()), "--checks", checks, "--no-color"])
        .args(["--max-examples", "15", "--seed", "1", "--request-timeout", "30"])
        .args(["-H", &format!("Authorization: Bearer {}", api.key())])
        // Without dispatchers' answers, tests of subscriptions would be waited for.
        .args(["--exclude-operation-id", "testSubscription"])
        .current_dir(world.path(""));
    let finished = run(&mut command).await?;
    assert!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    // What it published is not ours to account for.
    world.abandon().await
}
