//! Every recipe, used as the guide says, against a receiver that looks at what arrives: the documented shape, and what
//! becomes of a permanent failure.

mod analytics;
mod chat;
mod desks;
mod people;
mod secrets;
mod soap;

use anyhow::{Context, Result};
use barid_tests::receiver::{Answer, Request};
use barid_tests::{Api, Process, Receiver, World, event_with};
use serde_json::Value;

/// One recipe in use: a world with one subscription made of it.
struct Kitchen {
    world: World,
    receiver: Receiver,
    process: Process,
    api: Api,
    /// What `barid recipes use` said.
    said: String,
    /// Where the receiver is asked, with the query.
    path: String,
}

impl Kitchen {
    /// A subscription by `recipe`, with `{base}` in its parameters standing for the receiver.
    async fn open(recipe: &str, path: &str, parameters: &[(&str, &str)]) -> Result<Self> {
        let receiver = Receiver::start().await?;
        let mut world = World::new(&format!("recipe-{recipe}")).await?;
        world.use_sqlite();
        let process = world
            .launch(&["gateway", "router", "dispatcher"])
            .env("BARID_TELEMETRY__LOG_FILTER", "debug,lapin=off")
            .start()
            .await?;
        let api = world.api(&process)?;
        let mut command = format!("barid recipes use {recipe} --name used --events '#' --apply --wait");
        for (number, (name, value)) in parameters.iter().enumerate() {
            let value = value.replace("{base}", receiver.url("").trim_end_matches('/'));
            std::fs::write(world.path(&format!("value{number}")), value + "\n")?;
            command.extend([" --set-file ", name, "=value", &number.to_string()]);
        }
        let said = world.shell(&command, &api).await?.success()?;
        Ok(Self { world, receiver, process, api, said, path: path.to_owned() })
    }

    /// Publishes an event of this type and data, and returns what arrives when this is the answer.
    async fn delivered(&self, id: &str, kind: &str, data: &str, answer: Answer) -> Result<Request> {
        let request = self.sent(id, kind, data, answer).await?;
        self.world.settled().await?;
        Ok(request)
    }

    /// The same for an answer that ends the delivery: the reason and detail of its dead letter.
    async fn refused(&self, id: &str, kind: &str, data: &str, answer: Answer) -> Result<(String, String)> {
        self.sent(id, kind, data, answer).await?;
        self.died().await
    }

    /// The reason and detail of the one dead letter there is.
    async fn died(&self) -> Result<(String, String)> {
        let letter = self.world.claim_dead_letters(1).await?.pop().context("no dead letter")?;
        Ok((letter.reason, letter.detail))
    }

    async fn sent(&self, id: &str, kind: &str, data: &str, answer: Answer) -> Result<Request> {
        self.receiver.on(&self.path, answer);
        let before = self.receiver.count(&self.path);
        self.world.publish(&event_with(kind, id, data.to_owned())?).await?;
        self.receiver.until_count(&self.path, before + 1).await?;
        self.receiver.requests(&self.path).pop().context("no request")
    }

    async fn close(self) -> Result<()> {
        self.world.finish().await
    }
}

fn json(request: &Request) -> Result<Value> {
    assert_eq!(request.header("content-type"), Some("application/json"));
    Ok(serde_json::from_slice(&request.body)?)
}
