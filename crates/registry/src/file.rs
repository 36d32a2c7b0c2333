//! Subscriptions as a YAML file: read whole or refused whole, and then with all its problems at once, each with its line,
//! its path and what to do. A key that this version cannot honour is a problem, never ignored.

mod cursor;
mod problem;
mod shape;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, hash_map::Entry};

use self::cursor::Cursor;
pub use self::problem::{MAX_LISTED, Place, Problem, Problems};
use crate::subscription::Subscription;

/// The largest file, in bytes: 16 MiB.
pub const MAX_BYTES: usize = 16 << 20;
/// The most subscriptions in a file.
pub const MAX_SUBSCRIPTIONS: usize = 50_000;

/// The subscriptions that `text` describes, in its order; or everything that is wrong with it.
///
/// With `allow_http`, destinations may be http as well as https (`security.allow_http`).
pub fn parse(text: &str, allow_http: bool) -> Result<Vec<Subscription>, Problems> {
    if text.len() > MAX_BYTES {
        return Err(whole(format!(
            "has {} bytes: give at most {MAX_BYTES}, or keep subscriptions in a store",
            text.len()
        )));
    }
    if text.trim().is_empty() {
        // It may be cut off: reading it as "no subscriptions" would stop every delivery.
        return Err(whole("is empty: for no subscriptions write subscriptions: []".to_owned()));
    }
    let root = yaml::read(text).map_err(|error| Problems::from(yaml::problem(&error)))?;
    let mut problems = Problems::default();
    let read = shape::subscriptions(&Cursor::root(&root), allow_http, &mut problems);
    let mut places = HashMap::with_capacity(read.len());
    for (subscription, at) in &read {
        match places.entry(&subscription.id) {
            Entry::Vacant(entry) => _ = entry.insert(at),
            Entry::Occupied(first) => problems.add(at.problem(format!(
                "has the name {} as {} has in the same tenant: rename one",
                subscription.name,
                first.get().path()
            ))),
        }
    }
    drop(places);
    problems.none_or(read.into_iter().map(|(subscription, _)| subscription).collect())
}

fn whole(message: String) -> Problems {
    Problem { place: None, path: String::new(), message }.into()
}
