//! How much memory a subscription takes: builds 100,000 as a store would load them, with nothing shared beforehand, and
//! prints the resident bytes of each.

use std::{error::Error, fs};

use barid_registry::{Reading, Settings, Snapshot, document};
use serde_json::json;

const SUBSCRIPTIONS: usize = 100_000;
const TENANTS: usize = 100;
/// What Linux calls a page on every machine we run on, in bytes.
const PAGE: usize = 4096;

/// The resident memory of this process, in bytes.
fn resident() -> Result<usize, Box<dyn Error>> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: usize = statm.split(' ').nth(1).ok_or("statm has no second field")?.parse()?;
    Ok(pages * PAGE)
}

fn settings(number: usize) -> Result<Settings, Box<dyn Error>> {
    let document = json!({
        "name": format!("subscription-number-{number}"),
        "tenant": format!("tenant-{}", number % TENANTS),
        "events": ["deal.won", format!("lead.region_{}.#", number % 997)],
        "destination": {"url": format!("https://hooks.example.com/services/T0/B{number}/a-token-of-some-length")},
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    Ok(document::read(&document, &Reading::default())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let before = resident()?;
    let mut subscriptions = Vec::with_capacity(SUBSCRIPTIONS);
    for number in 0..SUBSCRIPTIONS {
        subscriptions.push(settings(number)?.compile());
    }
    let snapshot = Snapshot::compile(subscriptions, None)?;
    let taken = resident()? - before;
    println!(
        "{} subscriptions of {} tenants take {} bytes each",
        snapshot.len(),
        snapshot.tenants(),
        taken / snapshot.len()
    );
    Ok(())
}
