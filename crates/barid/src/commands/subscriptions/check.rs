//! `barid subscriptions check`: what a file holds, or everything that is wrong with it.

use std::path::Path;
use std::time::Duration;

use barid_registry::Subscription;
use serde::Serialize;

use crate::cli::Output;
use crate::config::Settings;
use crate::exit::{Exit, Usage};
use crate::{output, subscriptions};

/// A subscription, without its secrets and the path of its URL.
#[derive(Serialize)]
struct Row {
    id: String,
    tenant: String,
    name: String,
    events: Vec<String>,
    destination: String,
    max_in_flight: usize,
    /// How long a delivery is tried at most.
    tried_for: String,
}

impl Row {
    fn of(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.to_string(),
            tenant: subscription.tenant.to_string(),
            name: subscription.name.to_string(),
            events: subscription.patterns.iter().map(ToString::to_string).collect(),
            destination: subscription.destination.to_string(),
            max_in_flight: subscription.policy.max_in_flight(),
            tried_for: roughly(subscription.horizon()),
        }
    }
}

/// A duration in its two largest units.
fn roughly(duration: Duration) -> String {
    let exact = humantime::format_duration(duration).to_string();
    exact.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Judges the file.
pub(super) fn run(file: Option<&Path>, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let Some(file) = file.or(settings.subscriptions.as_deref()) else {
        return Err(Usage("which file? name it, or give the setting `subscriptions`".to_owned()).into());
    };
    let snapshot = subscriptions::load(file, settings.security.guard())?;
    let rows: Vec<_> = snapshot.iter().map(|subscription| Row::of(subscription)).collect();
    if output != Output::Table {
        output::data(output, &rows)?;
        return Ok(Exit::Done);
    }
    let total = format!(
        "{} of {} in {}: valid",
        output::count(rows.len(), "subscription"),
        output::count(snapshot.tenants(), "tenant"),
        file.display()
    );
    if !rows.is_empty() {
        let header = ["TENANT", "NAME", "EVENTS", "DESTINATION", "IN FLIGHT", "TRIED FOR", "ID"];
        output::table(
            header,
            rows.into_iter().map(|row| {
                let events = row.events.join(", ");
                let in_flight = row.max_in_flight.to_string();
                [row.tenant, row.name, events, row.destination, in_flight, row.tried_for, row.id]
            }),
        )?;
        output::line("")?;
    }
    output::line(&total)?;
    Ok(Exit::Done)
}
