//! A real HTTP receiver that remembers everything and misbehaves as told.
//!
//! It speaks HTTP/1.1 on the bare socket, since a server library would not let it send half a header, an endless body or
//! a reset.

mod answer;
mod connection;
mod request;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::answer::{Answer, Script};
pub use self::request::Request;
use crate::{PATIENCE, eventually};

/// A receiver on a free port. What no script speaks of is answered with 200. Stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    _stop: DropGuard,
}

#[derive(Default)]
struct State {
    paths: Mutex<HashMap<String, Entry>>,
    closes_at_accept: AtomicBool,
}

#[derive(Default)]
struct Entry {
    script: Script,
    /// Requests answered by the script so far.
    asked: usize,
    requests: Vec<Request>,
}

impl Receiver {
    /// Starts to listen.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::<State>::default();
        let stop = CancellationToken::new();
        let serving = connection::accept(listener, Arc::clone(&state));
        let stopped = stop.clone();
        tokio::spawn(async move { stopped.run_until_cancelled_owned(serving).await });
        Ok(Self { address, state, _stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on answers requests to this path by a script, from its beginning.
    pub fn on(&self, path: &str, script: impl Into<Script>) {
        let mut paths = self.state.paths();
        let entry = paths.entry(path.to_owned()).or_default();
        entry.script = script.into();
        entry.asked = 0;
    }

    /// Whether connections are closed as soon as they are accepted.
    pub fn close_at_accept(&self, close: bool) {
        self.state.closes_at_accept.store(close, Ordering::Relaxed);
    }

    /// Every request to this path so far, in order of arrival.
    pub fn requests(&self, path: &str) -> Vec<Request> {
        let paths = self.state.paths();
        paths.get(path).map_or_else(Vec::new, |entry| entry.requests.clone())
    }

    /// How many requests to this path there were.
    pub fn count(&self, path: &str) -> usize {
        self.state.paths().get(path).map_or(0, |entry| entry.requests.len())
    }

    /// How often each `webhook-id` came to this path.
    pub fn ids(&self, path: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.state.paths().get(path).iter().flat_map(|entry| &entry.requests) {
            *counts.entry(request.webhook_id().to_owned()).or_default() += 1;
        }
        counts
    }
}

impl Receiver {
    /// Waits until each of these message ids has come to this path.
    ///
    /// # Errors
    /// With some of those that have not, after [`PATIENCE`].
    pub async fn all_arrived<'a>(&self, path: &str, ids: impl IntoIterator<Item = &'a String> + Clone) -> Result<()> {
        let missing = || -> Vec<&String> {
            let arrived = self.ids(path);
            ids.clone().into_iter().filter(|id| !arrived.contains_key(*id)).collect()
        };
        let all = eventually("everything has arrived", PATIENCE, async || Ok(missing().is_empty())).await;
        all.with_context(|| {
            let missing = missing();
            format!("{path} misses {} such as {:?}", missing.len(), &missing[..missing.len().min(3)])
        })
    }

    /// Waits until there were so many requests to this path.
    ///
    /// # Errors
    /// When there were fewer after [`PATIENCE`].
    pub async fn until_count(&self, path: &str, count: usize) -> Result<()> {
        let there = eventually("enough requests", PATIENCE, async || Ok(self.count(path) >= count)).await;
        there.with_context(|| format!("{path} had {} requests, not {count}", self.count(path)))
    }
}

impl State {
    /// Remembers a request, and says how to answer it.
    fn take(&self, request: Request) -> Answer {
        let mut paths = self.paths();
        let entry = paths.entry(request.path.clone()).or_default();
        entry.requests.push(request);
        entry.asked += 1;
        entry.script.answer(entry.asked - 1).clone()
    }

    fn paths(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
