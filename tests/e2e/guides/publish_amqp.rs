//! The AMQP examples of the publishing guide: whatever the language, the same event arrives.

use std::path::Path;

use anyhow::Result;
use barid_tests::{Finished, Receiver, Wants, World, guide, python, run};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::ALL;

/// The script that knows how to run programs of other languages.
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dev/clients");

async fn runs(name: &str) -> Result<()> {
    let receiver = Receiver::start().await?;
    let namespace = format!("guide-{}", name.replace('.', "-").to_lowercase());
    let mut world = World::new(&namespace).await?;
    world.subscribe(&[Wants::everything("crm", receiver.url("/a")).tenant("acme")])?;
    world.start(&ALL).await?;
    let program = world.path(name);
    // Everything else is as a reader copies it.
    std::fs::write(&program, guide::example("publish.md", name)?.replace("crm.events", world.names.events()))?;
    execute(&program).await?.success()?;
    receiver.until_count("/a", 1).await?;
    assert_is_the_event(&serde_json::from_slice(&receiver.requests("/a")[0].body)?);
    world.finish().await
}

/// What every example publishes.
pub(super) fn assert_is_the_event(body: &Value) {
    let is = |key: &str| body[key].clone();
    assert_eq!((is("type"), is("source")), (json!("contact.created"), json!("/sales")), "{body}");
    assert_eq!((is("tenant"), is("subject")), (json!("acme"), json!("contact/1")), "{body}");
    assert_eq!(is("data"), json!({"id": 1, "first_name": "Ada"}));
}

async fn execute(program: &Path) -> Result<Finished> {
    let mut command = match program.extension() {
        Some(extension) if extension == "py" => Command::new(python::interpreter().await?),
        _ => {
            run(Command::new(CLIENTS).arg("prepare")).await?.success()?;
            let mut command = Command::new(CLIENTS);
            command.arg("run");
            command
        }
    };
    run(command.arg(program).env("AMQP_URL", barid_tests::shared_broker().await?)).await
}

#[tokio::test]
async fn python() -> Result<()> {
    runs("publish.py").await
}

#[tokio::test]
async fn javascript() -> Result<()> {
    runs("publish.mjs").await
}

#[tokio::test]
async fn php() -> Result<()> {
    runs("publish.php").await
}

#[tokio::test]
async fn java() -> Result<()> {
    runs("Publish.java").await
}

#[tokio::test]
async fn go() -> Result<()> {
    runs("publish.go").await
}
