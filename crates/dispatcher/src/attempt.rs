//! One HTTP attempt, as a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use barid_egress::{Client, Failure, FailureKind, Response};
use barid_registry::Subscription;
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::parcel::{Parcel, Unmakeable};
use crate::scheduler::Ticket;

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) ticket: Ticket,
    /// What came of the request; or why there was none.
    pub(crate) result: Result<Result<Response, Failure>, Unmakeable>,
    /// From the start to the last byte, or to the failure.
    pub(crate) took: Duration,
}

/// Makes the attempt and reports it, whatever happens: a panic is a failure of this delivery alone.
pub(crate) fn spawn(
    client: Client,
    parcel: Arc<Parcel>,
    index: usize,
    subscription: Arc<Subscription>,
    ticket: Ticket,
    now: i64,
    done: mpsc::Sender<Attempted>,
) {
    tokio::spawn(async move {
        let started = Instant::now();
        let attempt = async {
            let request = parcel.request(index, &subscription, now)?;
            Ok(client.send(request).await)
        };
        let result = AssertUnwindSafe(attempt)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Ok(Err(internal("the attempt panicked".to_owned()))));
        // The dispatcher outlives its attempts, but for a process that is ending.
        let _ending = done.send(Attempted { ticket, result, took: started.elapsed() }).await;
    });
}

fn internal(detail: String) -> Failure {
    Failure { kind: FailureKind::Request, detail }
}
