//! The event that somebody gives: JSON in a file. Its data stays byte for byte what it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use barid_event::amqp::{self, Limits, Message};
use barid_event::{Event, Malformed, Tenant};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::exit::Usage;

/// What stands for standard input.
const STDIN: &str = "-";

/// The content type of a whole event in JSON.
const STRUCTURED: &str = "application/cloudevents+json";

/// How much longer than its data an event may be, in bytes.
const ENVELOPE: usize = 64 << 10;

/// An event in JSON.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) json: Bytes,
}

impl Given {
    /// The event in this file, of the tenant if one is given; its data may have `max` bytes.
    pub(super) fn read(file: &Path, tenant: Option<&Tenant>, max: usize) -> anyhow::Result<Self> {
        let json = text(file, max)?;
        match tenant {
            None => Ok(Self { json: json.into() }),
            Some(tenant) => Ok(Self { json: of_tenant(&json, tenant)? }),
        }
    }

    /// The event, as the router would read it.
    pub(super) fn event(&self, limits: Limits, now: DateTime<Utc>) -> Result<Event, Malformed> {
        let message = Message { content_type: Some(STRUCTURED), body: self.json.clone(), ..Message::default() };
        amqp::read(&message, &limits, now, Uuid::now_v7).map(|read| read.event)
    }
}

fn text(file: &Path, max: usize) -> anyhow::Result<Vec<u8>> {
    let most = max.saturating_add(ENVELOPE);
    // One byte more than is allowed, so that what is too long is seen to be.
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    if file.as_os_str() == STDIN {
        io::stdin().take(limit).read_to_end(&mut text).context("cannot read standard input")?;
    } else {
        let opened = File::open(file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Usage(not_there(file)).into(),
            _ => anyhow::Error::new(error).context(format!("cannot read {}", file.display())),
        })?;
        let read = opened.take(limit).read_to_end(&mut text);
        read.with_context(|| format!("cannot read {}", file.display()))?;
    }
    if text.len() > most {
        bail!(Usage(format!("the event has more than {most} bytes: give a smaller one (router.max_event_bytes)")));
    }
    Ok(text)
}

/// Perhaps the id of an event is meant, of which the JSON is to be had elsewhere.
fn not_there(file: &Path) -> String {
    format!(
        "there is no file {}: give the event's JSON in a file, or - for standard input; an id alone does not say what is \
         in the event",
        file.display()
    )
}

/// The same event with its tenant. Everything else stays as it is written.
fn of_tenant(json: &[u8], tenant: &Tenant) -> anyhow::Result<Bytes> {
    let no_event = |error| Usage(format!("this is no event: {error}"));
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(json).map_err(no_event)?;
    if members.contains_key("tenant") {
        bail!(Usage("the event says its tenant: leave out --tenant".to_owned()));
    }
    members.insert("tenant".to_owned(), to_raw_value(tenant.as_str())?);
    Ok(serde_json::to_vec(&members)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stays_byte_for_byte_when_the_tenant_is_added() {
        let json = br#"{"type": "deal.won", "data": {"z": 1.00, "a" : 2}}"#;
        let json = of_tenant(json, &"acme".parse().unwrap()).unwrap();
        let event = Given { json }.event(Limits::default(), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((event.envelope.tenant.as_str(), &*event.data), ("acme", br#"{"z": 1.00, "a" : 2}"#.as_slice()));
    }

    #[test]
    fn refuses_a_tenant_beside_the_events_own() {
        let refused = of_tenant(br#"{"type": "a", "tenant": "acme"}"#, &"globex".parse().unwrap()).unwrap_err();
        assert!(refused.is::<Usage>(), "{refused}");
    }

    #[test]
    fn what_is_no_file_may_be_an_id_and_is_answered_with_what_to_do() {
        let refused = Given::read(Path::new("evt-4711"), None, 100).unwrap_err();
        assert!(refused.is::<Usage>() && refused.to_string().contains("give the event's JSON"), "{refused}");
    }
}
