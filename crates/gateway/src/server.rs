//! The HTTP server: connections with a bound on everything, and an end that lets requests finish.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::config::Limits;

/// How long to wait after a failed accept: it fails at once while the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`; then nobody new is let in, and what is under way may finish within the grace.
pub(crate) async fn serve(listener: TcpListener, routes: Router, limits: Limits, stop: CancellationToken) {
    let (connections, tasks) = (Arc::new(Semaphore::new(limits.connections)), TaskTracker::new());
    let accept = async {
        // The semaphore is never closed, so the loop ends only when it is dropped.
        while let Ok(permit) = Arc::clone(&connections).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (routes, stop) = (routes.clone(), stop.clone());
                    tasks.spawn(async move {
                        let _permit = permit;
                        connection(stream, routes, limits, stop).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accept).await;
    drop(listener);
    tasks.close();
    if timeout(limits.grace, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "requests that did not finish in time are cut off");
    }
}

async fn connection(stream: TcpStream, routes: Router, limits: Limits, stop: CancellationToken) {
    let service = service_fn(move |request: Request<Incoming>| {
        let routes = routes.clone();
        async move {
            Ok::<_, Infallible>(routes.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {}))
        }
    });
    // Small answers are to leave at once. A socket that refuses this is as good as another.
    let _refused = stream.set_nodelay(true);
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(limits.headers)
            .max_buf_size(limits.header_bytes)
            .serve_connection(TokioIo::new(stream), service)
    );
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            timeout(limits.grace, serving).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended in an error");
    }
}
