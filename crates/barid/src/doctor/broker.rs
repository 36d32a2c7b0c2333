//! The broker: whether it can be reached, what is missing on it, who else is there.

use barid_broker::{Link, Road};
use barid_telemetry::prometheus::Registry;
use tokio_util::sync::CancellationToken;

use super::Finding;
use crate::config::Settings;
use crate::errand::{Errand, goodbye};
use crate::registry::presence::{FROM_FILE, neighbours as neighbours_of};

const CHECK: &str = "broker";
const TOPOLOGY: &str = "topology";
const NEIGHBOURS: &str = "neighbours";

/// How many missing things are named.
const NAMED: usize = 3;

/// Visits the broker. `installation` is that of our store, if it is known.
pub(super) async fn examine(settings: &Settings, installation: Option<&str>) -> anyhow::Result<Vec<Finding>> {
    let url = &settings.broker.url;
    let errand = Errand::new(settings, "doctor")?;
    let link = match errand.link().await {
        Ok(link) => link,
        Err(unavailable) => {
            let advice = "start RabbitMQ, and check host, port, user and virtual host of broker.url";
            return Ok(vec![
                Finding::failed(CHECK, unavailable.to_string(), advice),
                Finding::skipped(TOPOLOGY, "the broker does not answer"),
                Finding::skipped(NEIGHBOURS, "the broker does not answer"),
            ]);
        }
    };
    let user = url.user().unwrap_or_else(|| "guest".to_owned());
    let mut findings = vec![
        Finding::ok(CHECK, format!("connected to {url} as {user}, virtual host {}", url.vhost())),
        topology(settings, link).await,
    ];
    errand.end().await;
    findings.push(neighbours(settings, installation).await?);
    Ok(findings)
}

async fn topology(settings: &Settings, mut link: Link) -> Finding {
    match settings.topology().check(&mut link).await {
        Ok(missing) if missing.is_empty() => Finding::ok(
            TOPOLOGY,
            "every exchange and queue is there; policies cannot be seen from here, and must set no length limit, expiry or \
             overflow on them",
        ),
        Ok(missing) => {
            // What the broker says of each is the same each time.
            let briefly = |what: &String| what.split(": ").next().unwrap_or_default().to_owned();
            let named = missing.iter().take(NAMED).map(briefly).collect::<Vec<_>>().join("; ");
            let more = missing.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            Finding::failed(TOPOLOGY, format!("{named}{more}"), "run `barid topology --apply`, or start `barid serve`")
        }
        Err(error) => Finding::failed(
            TOPOLOGY,
            format!("it cannot be looked at: {error}"),
            "let the user read and write the queues of this namespace; see `barid topology --print`",
        ),
    }
}

/// Calls the roll.
async fn neighbours(settings: &Settings, installation: Option<&str>) -> anyhow::Result<Finding> {
    let shutdown = CancellationToken::new();
    let config = settings.broker.connection("barid doctor".to_owned());
    let road = Road::open(config, barid_broker::Metrics::new(&Registry::new())?, shutdown.clone());
    let present = neighbours_of(&road).await;
    shutdown.cancel();
    goodbye().await;
    let others: Vec<_> = present.iter().filter_map(|present| present.installation.as_deref()).collect();
    let foreign = installation.and_then(|ours| others.iter().find(|other| **other != ours));
    Ok(match foreign {
        Some(&FROM_FILE) => Finding::failed(
            NEIGHBOURS,
            "a process that runs from a file of subscriptions uses this namespace",
            "stop it, or give one of the two another broker.namespace",
        ),
        Some(other) => Finding::failed(
            NEIGHBOURS,
            format!("processes of another installation ({other}) use this namespace"),
            "give one of the two another broker.namespace, or both the same store.url",
        ),
        None if present.is_empty() => Finding::ok(NEIGHBOURS, "no process of Barid runs in this namespace"),
        None => {
            let running = crate::output::count(present.len(), "process");
            Finding::ok(NEIGHBOURS, format!("{}, no other installation", running.replace("processs", "processes")))
        }
    })
}
