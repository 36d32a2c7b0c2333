//! The receiving end of a benchmark: answers 200, counts by `webhook-id` and subscription, and notes each delivery's age.

use std::collections::HashSet;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::{Buf, Bytes};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::output;

/// The path of a receiver that never answers.
pub(super) const HANG: &str = "/hang";

/// The most that is read of a request.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// What has arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Stats {
    /// Different pairs of `webhook-id` and subscription.
    pub(super) unique: usize,
    /// Requests beyond those.
    pub(super) duplicates: usize,
    /// Age at arrival, in microseconds.
    pub(super) p50: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

struct Counted {
    seen: HashSet<u64>,
    requests: usize,
    ages: Histogram<u64>,
}

#[derive(Clone)]
struct Sink {
    counted: Arc<Mutex<Counted>>,
    hasher: RandomState,
    answer_after: Duration,
}

/// Serves until the process is ended. Prints the port it listens on, alone on a line.
pub(crate) async fn serve(answer_after: Duration) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("the receiving end")?;
    output::line(&listener.local_addr()?.port().to_string())?;
    let counted = Counted { seen: HashSet::new(), requests: 0, ages: Histogram::new(3)? };
    let sink = Sink { counted: Arc::new(Mutex::new(counted)), hasher: RandomState::new(), answer_after };
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let sink = sink.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let sink = sink.clone();
                async move { Ok::<_, Infallible>(sink.answer(request).await) }
            });
            // A connection that breaks is the sender's business.
            let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Sink {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/stats" => return Response::new(Full::from(self.stats())),
            "/count" => return Response::new(Full::from(self.lock().seen.len().to_string())),
            HANG => return std::future::pending().await,
            _ => {}
        }
        let id = request.headers().get("webhook-id").map(|id| id.as_bytes().to_owned()).unwrap_or_default();
        let key = self.hasher.hash_one((&id, request.uri().path()));
        let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
            return Response::new(Full::default());
        };
        let age = age(body.aggregate().chunk());
        if !self.answer_after.is_zero() {
            tokio::time::sleep(self.answer_after).await;
        }
        let mut counted = self.lock();
        counted.requests += 1;
        // Only the first arrival of a delivery has an age worth knowing.
        if counted.seen.insert(key)
            && let Some(age) = age
        {
            // It grows as needed; a value it cannot hold would be a clock gone wrong.
            let _too_large = counted.ages.record(age.max(1));
        }
        drop(counted);
        Response::new(Full::default())
    }

    fn stats(&self) -> String {
        let counted = self.lock();
        let stats = Stats {
            unique: counted.seen.len(),
            duplicates: counted.requests - counted.seen.len(),
            p50: counted.ages.value_at_quantile(0.5),
            p99: counted.ages.value_at_quantile(0.99),
            max: counted.ages.max(),
        };
        serde_json::to_string(&stats).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The age of an event in microseconds, by its id: the body begins `{"id":"<microseconds>-`.
#[expect(clippy::disallowed_methods, reason = "the age of a delivery is what is measured")]
fn age(body: &[u8]) -> Option<u64> {
    let id = body.strip_prefix(br#"{"id":""#)?.get(..16)?;
    let published: u64 = std::str::from_utf8(id).ok()?.parse().ok()?;
    let now = u64::try_from(chrono::Utc::now().timestamp_micros()).ok()?;
    Some(now.saturating_sub(published))
}
