//! The operations endpoints on the gateway's own listener: health for orchestrators, metrics for Prometheus. No key is
//! asked for.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use barid_telemetry::{METRICS_CONTENT_TYPE, Report, render};

use crate::{
    app::App,
    http::{Kind, Problem},
};

/// The three routes.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/livez", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

async fn alive(State(app): State<App>) -> Response {
    health(&app.health.liveness_report())
}

async fn ready(State(app): State<App>) -> Response {
    health(&app.health.readiness_report())
}

async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    match render(&app.registry) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], text).into_response()),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be rendered");
            Err(Problem::new(Kind::Internal, "the metrics could not be rendered"))
        }
    }
}

fn health(report: &Report) -> Response {
    let status = if report.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}
