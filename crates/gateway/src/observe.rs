//! What is seen of each request: metrics by route, a line in the log, and the header fields that every answer has. Neither
//! paths with identifiers nor anything of a body is written anywhere.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

use crate::app::App;

/// The route of a request that has none.
const OTHER: &str = "other";

/// Answers are for programs: nothing in them is loaded or shown in a frame.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Around every request.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let route = route.as_ref().map_or(OTHER, MatchedPath::as_str);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.http_requests_total.with_label_values(&[route, method, class(status)]).inc();
    app.metrics.http_request_duration_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status,
        duration_ms = took.as_millis(),
        "request answered"
    );
    harden(&mut response);
    response
}

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
}

/// A label from a closed list: a client may send any word as a method.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => OTHER,
    }
}

fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
