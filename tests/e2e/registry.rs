//! Subscriptions that live in a store: managed by API and command line, known everywhere at once.

mod apply;
mod copy;
mod filters;
mod installations;
mod keys;
mod lanes;
mod many;
mod propagation;
mod publishing;
mod rotation;
mod secrets;
mod tenants;
mod testing;

use anyhow::Result;
use barid_tests::{Api, World};

/// Every role, in one process.
const WHOLE: [&str; 3] = ["gateway", "router", "dispatcher"];

/// One process with everything, on SQLite.
async fn whole(world: &mut World) -> Result<Api> {
    world.use_sqlite();
    let process = world.start(&WHOLE).await?;
    world.api(&process)
}
