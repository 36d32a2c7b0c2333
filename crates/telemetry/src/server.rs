//! The operations endpoints, `/metrics`, `/livez` and `/readyz`, of a process that has no other HTTP server.
//!
//! It must answer when everything else is in trouble, so it is small, bounded in every way, and does not stop for an
//! error.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Health, METRICS_CONTENT_TYPE, Report, render};

/// How many connections are served at once; more wait in the system's backlog.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take to send its request.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may last in all. It carries one request.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(30);

/// How large a request may be, in bytes.
const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// How long to wait after a failed accept: it fails at once while the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The server of the operations endpoints, bound and not yet running.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    registry: Registry,
    health: Health,
}

impl Server {
    /// Binds the address; port 0 takes a free one. Connections wait until [`run`](Self::run) is called.
    pub async fn bind(listen: SocketAddr, registry: Registry, health: Health) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { registry, health });
        Ok(Self { listener, address, state })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`. Requests that are being answered then are cut off: nothing is lost with a scrape.
    pub async fn run(self, shutdown: CancellationToken) {
        shutdown.run_until_cancelled(self.accept(&shutdown)).await;
    }

    async fn accept(&self, shutdown: &CancellationToken) {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        // The semaphore is never closed, so the loop ends only when it is dropped.
        while let Ok(permit) = Arc::clone(&connections).acquire_owned().await {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let state = Arc::clone(&self.state);
                    let shutdown = shutdown.clone();
                    tokio::spawn(async move {
                        let _permit = permit;
                        shutdown.run_until_cancelled(connection(stream, state)).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the operations endpoints could not accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(move |request| {
        let response = state.respond(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(MAX_REQUEST_BYTES)
        // A scrape every few seconds does not need a kept connection, and a lifetime could end one in its middle.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_LIFETIME, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection to the operations endpoints failed");
        }
        Err(_) => tracing::debug!("a connection to the operations endpoints took too long"),
    }
}

impl State {
    fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        // hyper leaves out the body of an answer to HEAD.
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return not_found();
        }
        match request.uri().path() {
            "/metrics" => self.metrics(),
            "/livez" => health(&self.health.liveness_report()),
            "/readyz" => health(&self.health.readiness_report()),
            _ => not_found(),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        match render(&self.registry) {
            Ok(text) => answer(StatusCode::OK, METRICS_CONTENT_TYPE, text),
            Err(error) => {
                tracing::error!(%error, "the metrics could not be rendered");
                answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "the metrics could not be rendered\n")
            }
        }
    }
}

fn health(report: &Report) -> Response<Full<Bytes>> {
    let status = if report.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match serde_json::to_vec(report) {
        Ok(body) => answer(status, "application/json", body),
        Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "the report could not be written\n"),
    }
}

fn not_found() -> Response<Full<Bytes>> {
    answer(StatusCode::NOT_FOUND, "text/plain", "not found: try /metrics, /livez or /readyz\n")
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
