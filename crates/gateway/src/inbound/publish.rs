//! Handing the events of a request to the broker: all of them are confirmed, or the provider is asked to send again.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    time::Duration,
};

use barid_broker::{
    dead_letter::{DeadLetter, UNMAPPED},
    original::{Header, Original},
    outgoing::Outgoing,
};
use barid_event::{Event, Tenant};
use barid_inbound::{Item, MappedItem, MappingError};
use barid_registry::{
    Snapshot,
    source::{OnInvalid, SourceSettings},
};
use barid_store::ReadySource;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use super::seen::{self, Key};
use crate::{
    app::App,
    events,
    http::{Kind, Problem},
};

/// How long a confirm is waited for: less than the 3 s that the strictest provider waits for an answer.
const CONFIRM_WITHIN: Duration = Duration::from_millis(2_500);

/// The headers of a dead letter that say whose it is, and of which source.
const TENANT: &str = "barid-tenant";
const SOURCE_ID: &str = "barid-source-id";

/// The most faults that are told of a batch.
const MAX_FAULTS: usize = 20;

/// What is to be handed over.
enum Parcel {
    Event(Box<Event>),
    DeadLetter(Box<DeadLetter>),
}

/// What became of a request's items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Published {
    /// New events.
    pub(super) events: usize,
    /// Items that made no valid event and became dead letters.
    pub(super) dead_letters: usize,
    /// Items that had come before.
    pub(super) duplicates: usize,
}

impl Published {
    /// What the request is called in metrics. A batch of none may mean that the provider has moved its items elsewhere.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self { events: 0, dead_letters: 0, duplicates: 0 } => "empty",
            Self { events: 0, dead_letters: 0, .. } => "duplicate",
            _ => "accepted",
        }
    }
}

/// Publishes what is new of these items, and waits for every confirm.
pub(super) async fn publish(
    app: &App,
    ready: &ReadySource,
    items: Vec<MappedItem>,
    hops: Option<u8>,
    now: DateTime<Utc>,
) -> Result<Published, Problem> {
    let settings = ready.source.settings();
    let mut published = Published::default();
    let (mut parcels, mut faults, mut own) = (Vec::new(), Vec::new(), HashSet::new());
    let snapshot = app.snapshot();
    for (index, (item, mapped)) in items.into_iter().enumerate() {
        let key = seen::key(&ready.id, &item.dedup_id);
        if app.seen.holds(&key, now) || !own.insert(key) {
            published.duplicates += 1;
            continue;
        }
        match parcel(app, settings, &snapshot, &item, mapped, now) {
            Ok(parcel) => parcels.push((key, parcel)),
            Err(fault) => faults.push((index, fault)),
        }
    }
    if !faults.is_empty() {
        return Err(invalid(&faults));
    }
    if !parcels.is_empty() {
        // First: what cannot be sent anyway must not use up the tenants' quotas.
        events::must_be_open(app)?;
    }
    must_be_within_quotas(app, &parcels)?;
    let sent = parcels.iter().map(async |(_, parcel)| match parcel {
        Parcel::Event(event) => events::send(app, event, hops, CONFIRM_WITHIN).await,
        Parcel::DeadLetter(letter) => send_dead_letter(app, letter).await,
    });
    let outcomes = join_all(sent).await;
    let window = TimeDelta::from_std(settings.dedup_window).unwrap_or_default();
    // Events that are safe are not published again when the provider sends all of them again. What became a dead letter makes
    // an event when it comes again after the mapping was mended.
    let is_safe_event = |sent: &Result<_, _>, parcel: &Parcel| sent.is_ok() && matches!(parcel, Parcel::Event(_));
    let safe = outcomes.iter().zip(&parcels).filter(|(sent, (_, parcel))| is_safe_event(sent, parcel));
    let safe: Vec<Key> = safe.map(|(_, (key, _))| *key).collect();
    app.seen.enter(safe, now.checked_add_signed(window).unwrap_or(now));
    outcomes.into_iter().collect::<Result<(), _>>()?;
    published.dead_letters = parcels.iter().filter(|(_, parcel)| matches!(parcel, Parcel::DeadLetter(_))).count();
    published.events = parcels.len() - published.dead_letters;
    Ok(published)
}

/// What is handed over of an item; or what is wrong with it, where the source wants it refused.
fn parcel(
    app: &App,
    settings: &SourceSettings,
    snapshot: &Snapshot,
    item: &Item,
    mapped: Result<Event, MappingError>,
    now: DateTime<Utc>,
) -> Result<Parcel, String> {
    let is_refused = settings.on_invalid == OnInvalid::Reject;
    match mapped {
        Ok(event) => match snapshot.admit(&event) {
            Err(refused) if is_refused => Err(refused.to_string()),
            // The router makes a dead letter of it, for the same reason.
            Ok(_) | Err(_) => Ok(Parcel::Event(Box::new(event))),
        },
        Err(error) if is_refused => Err(error.to_string()),
        Err(error) => {
            let message = Original {
                exchange: app.road.names.events().to_owned(),
                content_type: Some("application/json".to_owned()),
                message_id: Some(item.dedup_id.clone()),
                app_id: Some(format!("/sources/{}", settings.name)),
                headers: vec![
                    (TENANT.to_owned(), Header::Text(settings.tenant.to_string())),
                    (SOURCE_ID.to_owned(), Header::Text(settings.id().to_string())),
                ],
                body: Bytes::from(item.payload.to_string()),
                ..Original::default()
            };
            Ok(Parcel::DeadLetter(Box::new(DeadLetter::of_message(UNMAPPED, error.to_string(), message, now))))
        }
    }
}

fn invalid(faults: &[(usize, String)]) -> Problem {
    let detail = format!("{} of the request's items make no valid event: nothing was published", faults.len());
    let problem = Problem::new(Kind::Invalid, detail);
    faults
        .iter()
        .take(MAX_FAULTS)
        .fold(problem, |problem, (index, fault)| problem.with_fault(&format!("/{index}"), fault))
}

/// A source's events count for their tenants as others do.
fn must_be_within_quotas(app: &App, parcels: &[(Key, Parcel)]) -> Result<(), Problem> {
    let mut counts: HashMap<&Tenant, u32> = HashMap::new();
    for (_, parcel) in parcels {
        if let Parcel::Event(event) = parcel {
            *counts.entry(&event.envelope.tenant).or_default() += 1;
        }
    }
    for (tenant, count) in counts {
        let per_second = app.quotas(tenant).publish_per_second;
        if let Some(count) = NonZeroU32::new(count) {
            app.rates.take(tenant, per_second, count).map_err(|limited| limited.told(per_second))?;
        }
    }
    Ok(())
}

async fn send_dead_letter(app: &App, letter: &DeadLetter) -> Result<(), Problem> {
    let away = || Problem::unavailable("the broker did not confirm the request: send the same again");
    let body = letter.encode().map_err(|error| Problem::new(Kind::TooLarge, error.to_string()))?;
    let outgoing = Outgoing::dead_letter(&app.road.names, body);
    match tokio::time::timeout(CONFIRM_WITHIN, app.road.publisher.publish(outgoing)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a dead letter of a source was not confirmed");
            Err(away())
        }
        Err(_) => Err(away()),
    }
}
