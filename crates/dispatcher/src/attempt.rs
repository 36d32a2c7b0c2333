//! One HTTP attempt, as a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use barid_egress::{Access, Clients, Failure, FailureKind, Grant, Identity};
use barid_registry::Subscription;
use barid_registry::destination::{Auth, ClientAuth, OAuth2, TlsIdentity};
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::outcome::Answered;
use crate::parcel::{Parcel, Unmakeable};
use crate::scheduler::Ticket;

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) ticket: Ticket,
    /// What came of the request; or why there was none.
    pub(crate) result: Result<Result<Answered, Failure>, Unmakeable>,
    /// From the start to the last byte, or to the failure.
    pub(crate) took: Duration,
}

/// Makes the attempt and reports it, whatever happens: a panic is a failure of this delivery alone.
pub(crate) fn spawn(
    clients: Clients,
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
            let answer = match access(&subscription) {
                None => clients.shared().send(request).await,
                // Boxed, so that the attempts that need none of it stay as small as they are.
                Some(access) => Box::pin(clients.send(request, access)).await,
            };
            Ok(answer.map(|response| Answered::new(response, &subscription.policy)))
        };
        let result = AssertUnwindSafe(attempt)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Ok(Err(internal("the attempt panicked".to_owned()))));
        // The dispatcher outlives its attempts, but for a process that is ending.
        let _ending = done.send(Attempted { ticket, result, took: started.elapsed() }).await;
    });
}

/// What the request needs beyond its headers; nothing for most.
fn access(subscription: &Subscription) -> Option<Access<'_>> {
    let access = subscription.destination.access()?;
    let grant = match access.auth() {
        Auth::OAuth2(oauth2) => Some(grant(oauth2)),
        _ => None,
    };
    let tls = access.tls().map(|TlsIdentity { digest, ca, client }| {
        let client = client.map(|client| (&*client.certificate, &*client.key));
        (Identity { ca, client }, digest)
    });
    (tls.is_some() || grant.is_some()).then(|| Access { owner: subscription.tenant.as_str(), tls, grant })
}

fn grant(oauth2: &OAuth2) -> Grant<'_> {
    let client = oauth2.client();
    Grant {
        token_url: oauth2.token_url(),
        client_id: &client.id,
        client_secret: &client.secret,
        scope: client.scope.as_deref(),
        audience: client.audience.as_deref(),
        secret_in_body: client.auth == ClientAuth::Body,
        digest: oauth2.digest(),
    }
}

fn internal(detail: String) -> Failure {
    Failure { kind: FailureKind::Request, detail }
}
