//! `barid publish`: events from the command line or from lines of JSON, each confirmed by the broker.
//!
//! An event is read by the same function that reads it in the router, so what is refused there is refused here, with the
//! same words and before it is sent.

mod lines;
mod pump;
mod template;

use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use barid_event::{Event, EventType, Source, Subject, Tenant};
use barid_producer::{Config, Error, Producer};
use bytes::Bytes;
use clap::Args;
use futures_util::{Stream, stream};
use serde_json::json;
use tokio::io::BufReader;

use crate::cli::Output;
use crate::config::Settings;
use crate::errand::{self, Unavailable};
use crate::exit::{Exit, Usage};
use crate::{clock, output};

use pump::{Planned, Tally};
use template::Template;

/// Events sent and not yet confirmed.
const WINDOW: usize = 512;

/// Publish events as a CRM service would.
///
/// One event: `barid publish deal.won --data '{"id": 7}'`. Many: `barid publish --ndjson < events.ndjson`, where a line is
/// one JSON object in the manner of CloudEvents, of which only `type` is required. A bad line is told by its number and does not stop the rest;
/// the exit code is then 1.
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    /// The type, such as `deal.won`.
    #[arg(value_name = "TYPE", required_unless_present = "ndjson", conflicts_with = "ndjson")]
    event_type: Option<EventType>,

    /// The data: text, `-` for standard input, or `@FILE`. Without it the event has none.
    #[arg(long, value_name = "DATA", conflicts_with = "ndjson")]
    data: Option<String>,

    /// Read one event per line of standard input.
    #[arg(long)]
    ndjson: bool,

    /// Stop at the first line that fails.
    #[arg(long, requires = "ndjson")]
    strict: bool,

    /// Who publishes, where a line does not say it.
    #[arg(long, value_name = "URI", default_value = "/barid/cli")]
    source: Source,

    /// What the event is about.
    #[arg(long)]
    subject: Option<Subject>,

    /// Whose event it is. Lines may name the same tenant, and no other.
    #[arg(long)]
    tenant: Option<Tenant>,

    /// The event's id; by default a new one. The same id again is the same event to whoever receives it.
    #[arg(long, conflicts_with_all = ["ndjson", "count"])]
    id: Option<String>,

    /// The media type of the data.
    #[arg(long, value_name = "TYPE", default_value = "application/json", conflicts_with = "ndjson")]
    content_type: String,

    /// Publish the event this often, each with an id of its own.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, conflicts_with = "ndjson", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
}

/// Publishes.
pub(crate) async fn run(arguments: Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let template = Template {
        event_type: arguments.event_type.as_ref().map(ToString::to_string),
        content_type: arguments.content_type.clone(),
        id: arguments.id.clone(),
        source: arguments.source.clone(),
        subject: arguments.subject.clone(),
        tenant: arguments.tenant.clone(),
        limits: settings.router.limits(),
    };
    // A bad event is told before anything is connected.
    let one = if arguments.ndjson { None } else { Some(one(&arguments, &template)?) };
    let producer = connect(settings).await?;
    let exit = match one {
        Some((event, _)) if arguments.count == 1 => single(&producer, event, output).await,
        Some((_, data)) => {
            let (count, template) = (arguments.count, &template);
            let events = (1..=count).map(move |number| Planned {
                label: format!("event {number}"),
                event: template.event(data.clone(), clock::now()).map_err(|error| error.to_string()),
            });
            many(&producer, stream::iter(events), Some(count), false, output).await
        }
        None => {
            let limit = settings.router.max_event_bytes;
            let lines = lines::read(BufReader::new(tokio::io::stdin()), limit);
            let events = lines::plan(lines, &template);
            many(&producer, events, None, arguments.strict, output).await
        }
    };
    producer.close().await;
    errand::goodbye().await;
    exit
}

async fn connect(settings: &Settings) -> anyhow::Result<Producer> {
    let (broker, must_be_named) = (&settings.broker, !settings.tenants.publishers.is_empty());
    let config = Config {
        events_exchange: broker.events_exchange.clone(),
        connection_name: "barid publish".to_owned(),
        connect_timeout: errand::CONNECT_WITHIN,
        max_payload: settings.router.max_event_bytes,
        user_id: must_be_named.then(|| broker.url.user()).flatten(),
        ..Config::new(broker.url.secret().clone())
    };
    Producer::connect(config).await.map_err(|error| match error {
        Error::Unreachable(_) => Unavailable::at(&broker.url).into(),
        other => other.into(),
    })
}

fn one(arguments: &Arguments, template: &Template) -> anyhow::Result<(Event, Bytes)> {
    let limit = template.limits.max_body;
    let data = match arguments.data.as_deref() {
        None => Bytes::new(),
        Some("-") => read_all(std::io::stdin(), limit).context("cannot read standard input")?,
        Some(text) => match text.strip_prefix('@') {
            Some(path) => {
                let path = PathBuf::from(path);
                let file = std::fs::File::open(&path);
                file.and_then(|file| read_all(file, limit))
                    .with_context(|| format!("cannot read {}", path.display()))?
            }
            None => Bytes::copy_from_slice(text.as_bytes()),
        },
    };
    match template.event(data.clone(), clock::now()) {
        Ok(event) => Ok((event, data)),
        Err(error) => bail!(Usage(format!("this is no event: {error}"))),
    }
}

/// One byte more than the limit at most, so that what is too large is refused as such.
fn read_all(from: impl Read, limit: usize) -> std::io::Result<Bytes> {
    let mut data = Vec::new();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(limit).read_to_end(&mut data)?;
    Ok(data.into())
}

async fn single(producer: &Producer, event: Event, output: Output) -> anyhow::Result<Exit> {
    pump::publish(producer, &event).await.map_err(anyhow::Error::msg)?;
    let envelope = event.envelope;
    match output {
        Output::Json | Output::Yaml => {
            output::data(output, &json!({ "event": envelope, "message_id": envelope.message_id() }))?;
        }
        Output::Table => output::line(&format!(
            "published {} {} of tenant {} as {}",
            envelope.event_type,
            envelope.id,
            envelope.tenant,
            envelope.message_id()
        ))?,
    }
    Ok(Exit::Done)
}

async fn many(
    producer: &Producer,
    events: impl Stream<Item = Planned>,
    total: Option<u64>,
    strict: bool,
    output: Output,
) -> anyhow::Result<Exit> {
    let bar = output::progress(total, "events");
    let begun = Instant::now();
    let tally =
        pump::run(events, WINDOW, strict, &bar, |event| async move { pump::publish(producer, &event).await }).await;
    bar.finish_and_clear();
    summarize(&tally, begun.elapsed().as_secs_f64(), output)?;
    Ok(Exit::done_if(tally.failed == 0))
}

fn summarize(tally: &Tally, seconds: f64, output: Output) -> anyhow::Result<()> {
    let Tally { published, failed } = *tally;
    match output {
        Output::Json | Output::Yaml => {
            output::data(output, &json!({ "published": published, "failed": failed, "seconds": seconds }))
        }
        Output::Table => {
            let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
            let events = output::count(published, "event");
            Ok(output::line(&format!("published {events} in {seconds:.1} s{failures}"))?)
        }
    }
}
