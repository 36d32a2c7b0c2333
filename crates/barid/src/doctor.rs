//! What an operator would look at first, looked at: each check says in one line how it is, and what to do if it is not well.
//!
//! Nothing is made by it: no store, no key, nothing on the broker; nothing is consumed. A store of an older version is
//! brought up to date, as whoever opens it does.

mod broker;
mod certificates;
mod clocks;
mod files;
mod finding;
mod gateway;
mod store;

pub(crate) use finding::{Finding, Status};

use crate::api;
use crate::config::{Settings, advice};

/// Looks at everything, in the order in which trouble explains other trouble.
pub(crate) async fn examine(settings: &Settings, options: &api::Options) -> anyhow::Result<Vec<Finding>> {
    barid_egress::install_crypto_provider();
    let mut findings = vec![Finding::ok("configuration", "every setting is valid")];
    findings.extend(advice(settings).into_iter().map(|advice| Finding::warning("configuration", "unwise", advice)));
    findings.extend(files::examine(settings));
    findings.push(certificates::examine());
    let store = store::examine(settings).await;
    findings.extend(store.findings);
    findings.extend(broker::examine(settings, store.installation.as_deref()).await?);
    findings.extend(gateway::examine(settings, options).await?);
    Ok(findings)
}
