//! Publishing over HTTP, and the API against its own document.

use std::path::Path;

use anyhow::{Result, ensure};
use barid_tests::{Api, Receiver, Wants, World, python, run};
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
    // Nobody would answer the test deliveries, and each is waited for. Revoking is tried last: it might hit the key in use.
    fuzz(&world, &api, &["--exclude-operation-id", "testSubscription", "--exclude-operation-id", "revokeKey"]).await?;
    // With a key that is not good every answer is as documented.
    api.get("/v1/tenants").await?;
    fuzz(&world, &api, &["--include-operation-id", "revokeKey"]).await?;
    // What was published is not ours to account for.
    world.abandon().await
}

/// Lets schemathesis try the operations that `selection` leaves in.
async fn fuzz(world: &World, api: &Api, selection: &[&str]) -> Result<()> {
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let mut command = Command::new(Path::new(&python::interpreter().await?).with_file_name("schemathesis"));
    command
        .args(["run", &format!("{}/openapi.json", api.url()), "--checks", checks, "--no-color"])
        .args(["--max-examples", "15", "--seed", "1", "--request-timeout", "30"])
        .args(["-H", &format!("Authorization: Bearer {}", api.key())])
        .args(selection)
        .current_dir(world.path(""));
    let finished = run(&mut command).await?;
    ensure!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    Ok(())
}
