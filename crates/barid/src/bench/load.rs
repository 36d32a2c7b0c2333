//! Publishing the events of a benchmark.

use std::time::Duration;

use anyhow::{Context, Result};
use barid_broker::outgoing::Outgoing;
use barid_broker::{Names, Publisher};
use barid_event::{Envelope, Event, Extensions};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

/// Publishes in flight: enough to keep the broker busy.
const WINDOW: usize = 512;

/// How many events of what size, how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) events: usize,
    pub(super) payload: usize,
    /// Per second; 0 is as fast as the broker confirms.
    pub(super) rate: u32,
}

/// Publishes the load. An event's id begins with the microsecond it was published in, which is how the receiving end
/// knows its age.
pub(super) async fn publish(publisher: Publisher, names: Names, load: Load) -> Result<()> {
    let data = payload(load.payload);
    let mut in_flight = FuturesUnordered::new();
    let start = Instant::now();
    for number in 0..load.events {
        if load.rate > 0 {
            let due = start + Duration::from_secs_f64(super::float(number) / f64::from(load.rate));
            while Instant::now() < due {
                tokio::select! {
                    () = sleep_until(due) => break,
                    Some(result) = in_flight.next(), if !in_flight.is_empty() => published(result)?,
                }
            }
        }
        if in_flight.len() >= WINDOW
            && let Some(result) = in_flight.next().await
        {
            published(result)?;
        }
        let event = event(number, &data)?;
        let outgoing = Outgoing::event(&names, &event);
        let publisher = publisher.clone();
        in_flight.push(async move { publisher.publish(outgoing).await });
    }
    while let Some(result) = in_flight.next().await {
        published(result)?;
    }
    Ok(())
}

fn published(result: Result<(), barid_broker::PublishError>) -> Result<()> {
    result.context("an event was not confirmed")
}

#[expect(clippy::disallowed_methods, reason = "the age of a delivery is what is measured")]
fn event(number: usize, data: &Bytes) -> Result<Event> {
    let now = chrono::Utc::now();
    let envelope = Envelope {
        id: format!("{:016}-{number}", now.timestamp_micros()).parse()?,
        source: "/bench".parse()?,
        event_type: "contact.updated".parse()?,
        time: now,
        subject: Some("contact/1".parse()?),
        datacontenttype: "application/json".parse()?,
        dataschema: None,
        tenant: barid_event::Tenant::default(),
        extensions: Extensions::default(),
    };
    Ok(Event { envelope, data: data.clone() })
}

/// JSON of about `size` bytes, in the shape of a contact.
fn payload(size: usize) -> Bytes {
    let mut json =
        String::from(r#"{"id":"contact/1","emails":["ada@example.com"],"changes":[{"field":"phone","old":""#);
    let tail = r#"","new":"+44 20 7946 0000"}]}"#;
    json.extend(std::iter::repeat_n('x', size.saturating_sub(json.len() + tail.len())));
    json.push_str(tail);
    json.into()
}
