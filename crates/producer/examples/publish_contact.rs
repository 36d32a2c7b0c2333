//! Publishes events about contacts: `cargo run --example publish_contact -- amqp://guest:guest@127.0.0.1:5672/%2f 100`.

use anyhow::Context;
use barid_producer::{NewEvent, Producer};
use serde::Serialize;
use tokio::task::JoinSet;

#[derive(Serialize)]
struct Contact {
    id: usize,
    name: &'static str,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The library says through `tracing` why it cannot connect.
    tracing_subscriber::fmt().init();
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("say the URL of the broker")?;
    let count = arguments.next().map_or(Ok(1), |count| count.parse())?;

    let producer = Producer::connect(url).await?;
    let mut in_flight = JoinSet::new();
    for id in 0..count {
        let event = NewEvent::new("contact.created")
            .source("sales")
            .tenant("acme")
            .subject(&format!("contact/{id}"))
            .json(&Contact { id, name: "Ada" })?;
        let producer = producer.clone();
        in_flight.spawn(async move { producer.publish_until_confirmed(event).await });
    }
    while let Some(published) = in_flight.join_next().await {
        published??;
    }
    producer.close().await;
    tracing::info!(count, "published");
    Ok(())
}
