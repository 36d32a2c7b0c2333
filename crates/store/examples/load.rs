//! How long a registry of many subscriptions takes to load, what one change costs, and how much memory it needs.
//!
//! ```text
//! cargo run --release -p barid-store --example load -- sqlite:/tmp/load.db 100000
//! cargo run --release -p barid-store --example load -- "$(deploy/dev/postgres up)" 100000
//! ```
//!
//! The second run against the same store finds it filled. Nothing else should be kept there.

use std::{env, error::Error, fs, path::PathBuf, time::Duration};

use barid_registry::{Reading, document};
use barid_store::{Config, Expect, MasterKeys, Metrics, Mirror, Store};
use barid_telemetry::prometheus::Registry;
use chrono::DateTime;
use serde_json::json;
use tokio::{task::JoinSet, time::Instant};

/// How many subscriptions are put at the same time.
const WRITERS: u32 = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().ok_or("give the URL of a store")?;
    let count: u32 = arguments.next().as_deref().unwrap_or("100000").parse()?;
    // Everybody knows this key: it is for measuring only.
    let keys = MasterKeys::new(&MasterKeys::generate(|bytes| bytes.fill(7)), &[])?;
    let config = Config { url: url.into(), keys, max_connections: WRITERS, timeout: Duration::from_secs(30) };
    let store = Store::new(config)?;
    store.prepare().await?;

    let started = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for number in (writer..count).step_by(WRITERS as usize) {
                put(&store, number, 0).await?;
            }
            Ok::<_, barid_store::Error>(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    println!("filled with {count} subscriptions in {:.1?}", started.elapsed());

    let copy = env::temp_dir().join(format!("barid-load-{}", std::process::id()));
    let before = resident()?;
    let mirror = mirror(&store, &copy)?;
    let started = Instant::now();
    mirror.start().await?;
    let (elapsed, after) = (started.elapsed(), resident()?);
    println!("loaded everything, and wrote the copy, in {elapsed:.2?}");
    println!(
        "memory: {before} KiB before, {after} KiB after: {} bytes a subscription",
        (after - before) * 1024 / u64::from(count)
    );

    put(&store, count / 2, mirror.snapshots().borrow().revision().unwrap_or(0)).await?;
    let started = Instant::now();
    let refreshed = mirror.refresh().await?;
    println!("one change taken over in {:.2?} ({refreshed:?})", started.elapsed());
    let started = Instant::now();
    let refreshed = mirror.refresh().await?;
    println!("nothing new found in {:.2?} ({refreshed:?})", started.elapsed());
    let started = Instant::now();
    let refreshed = mirror.verify().await?;
    println!("verified in {:.2?} ({refreshed:?})", started.elapsed());
    println!("memory afterwards: {} KiB; copy on disk: {} KiB", resident()?, fs::metadata(&copy)?.len() / 1024);

    let away = Config {
        url: "postgres://127.0.0.1:1/nobody".into(),
        keys: MasterKeys::new(&MasterKeys::generate(|bytes| bytes.fill(7)), &[])?,
        max_connections: 1,
        timeout: Duration::from_millis(1),
    };
    let mirror = self::mirror(&Store::new(away)?, &copy)?;
    let started = Instant::now();
    mirror.start().await?;
    println!("started from the copy in {:.2?}", started.elapsed());
    fs::remove_file(copy)?;
    Ok(())
}

fn mirror(store: &Store, copy: &std::path::Path) -> Result<Mirror, Box<dyn Error>> {
    Ok(Mirror::new(store.clone(), Some(PathBuf::from(copy)), Metrics::new(&Registry::new())?))
}

/// One subscription of a hundred tenants; another `version` is a change.
async fn put(store: &Store, number: u32, version: u64) -> Result<(), barid_store::Error> {
    let document = json!({
        "name": format!("subscription-{number}"),
        "tenant": format!("tenant-{}", number % 100),
        "events": [format!("deal.stage_{}", number % 50), "contact.*"],
        "destination": {"url": format!("https://hooks-{number}.example.com/crm/{version}?token=0123456789abcdef")},
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    let reading = Reading::default();
    let settings = document::read(&document, &reading).map_err(|_| barid_store::Error::NotFound)?;
    store.put_subscription(&settings, Expect::Any, u32::MAX, DateTime::UNIX_EPOCH).await.map(drop)
}

/// Memory of this process, in KiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
