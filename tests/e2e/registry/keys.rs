//! API keys: where the first one goes, and that a revoked one is worthless everywhere.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use barid_tests::{PATIENCE, World, eventually};
use serde_json::json;

#[tokio::test]
async fn the_first_admin_key_is_for_the_operator_alone_and_a_revoked_key_ends_on_every_gateway() -> Result<()> {
    let mut world = World::new("keys").await?;
    world.use_postgres().await?;
    let first = world.start(&["gateway"]).await?;
    let second = world.start(&["gateway"]).await?;
    let permissions = std::fs::metadata(world.path("admin.key"))?.permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);

    let admin = world.api(&first)?;
    let made = admin.post("/v1/keys", &json!({"scope": "read", "tenant": "acme", "name": "support"})).await?;
    let text = made["key"].as_str().context("a key without its text")?;
    let id = made["id"].as_str().context("a key without an id")?;
    let keys = [admin.with_key(text), world.api(&second)?.with_key(text)];
    let all_say = async |status: u16| {
        for key in &keys {
            if key.call("GET", "/v1/subscriptions", None, &[]).await?.status != status {
                return Ok(false);
            }
        }
        Ok(true)
    };
    eventually("both gateways know the key", PATIENCE, async || all_say(200).await).await?;
    let other = keys[1].call("GET", "/v1/tenants", None, &[]).await?;
    assert_eq!(other.status, 403);
    admin.call("DELETE", &format!("/v1/keys/{id}"), None, &[]).await?.success()?;
    eventually("no gateway takes the key", PATIENCE, async || all_say(401).await).await?;
    world.finish().await
}
