//! A subscriber: an HTTP server that verifies each delivery and behaves as it was told.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use barid_signature::{DEFAULT_TOLERANCE, Headers, Secret, Verifier, verify};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The most that is read of a request.
const MAX_BODY: usize = 1024 * 1024;

/// How a subscriber behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Every delivery is accepted.
    Healthy,
    /// The first two requests fail.
    FailsTwice,
    /// Every request fails.
    AlwaysFails,
}

/// What a subscriber has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) requests: usize,
    pub(super) refused: usize,
    pub(super) bad_signatures: usize,
    /// `webhook-id`s of accepted deliveries.
    pub(super) accepted: HashSet<String>,
    pub(super) duplicates: usize,
}

/// A subscriber.
#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) name: &'static str,
    pub(super) patterns: &'static [&'static str],
    pub(super) manner: Manner,
    pub(super) port: u16,
    secret: Secret,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    /// Starts to listen, until `shutdown`.
    pub(super) async fn start(
        name: &'static str,
        patterns: &'static [&'static str],
        manner: Manner,
        shutdown: CancellationToken,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let secret = Secret::generate(|bytes| bytes.fill_with(|| fastrand::u8(..)));
        let port = listener.local_addr()?.port();
        let receiver = Self { name, patterns, manner, port, secret, seen: Arc::default() };
        let server = receiver.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = server.serve(listener) => {}
                () = shutdown.cancelled() => {}
            }
        });
        Ok(receiver)
    }

    /// The secret, as the subscriptions file wants it.
    pub(super) fn secret(&self) -> String {
        self.secret.expose().to_string()
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let receiver = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let receiver = receiver.clone();
                    async move { Ok::<_, Infallible>(receiver.answer(request).await) }
                });
                // A connection that breaks is the sender's business.
                let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let status = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => {
                let headers = Headers {
                    id: header("webhook-id"),
                    timestamp: header("webhook-timestamp"),
                    signature: header("webhook-signature"),
                };
                self.judge(headers, &body.to_bytes())
            }
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        };
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        response
    }

    fn judge(&self, headers: Headers<'_>, body: &[u8]) -> StatusCode {
        let verified = verify(&[Verifier::from(self.secret.clone())], headers, body, now(), DEFAULT_TOLERANCE);
        let mut seen = self.seen();
        seen.requests += 1;
        if verified.is_err() {
            seen.bad_signatures += 1;
            return StatusCode::UNAUTHORIZED;
        }
        let refuses = match self.manner {
            Manner::Healthy => false,
            Manner::FailsTwice => seen.requests <= 2,
            Manner::AlwaysFails => true,
        };
        if refuses {
            seen.refused += 1;
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        if !seen.accepted.insert(headers.id.unwrap_or_default().to_owned()) {
            seen.duplicates += 1;
        }
        StatusCode::NO_CONTENT
    }
}

#[expect(clippy::disallowed_methods, reason = "a receiver compares signatures with its own clock")]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
