//! What a request is, and the events in it: no I/O, so that a large body is judged off the threads that serve others.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use barid_inbound::{Budget, Decision, Incoming, MappedItem, Reason, Source};
use barid_registry::source::Acknowledgement;
use chrono::{DateTime, Utc};

use crate::http::{Kind, Problem};

/// What a request is.
pub(crate) enum Judged {
    /// No event: what it is called in metrics, and the answer.
    Answered(&'static str, Response),
    /// Events, in order, or why an item makes none; and the answer once they are safe.
    Events { acknowledgement: Acknowledgement, items: Vec<MappedItem> },
}

/// Judges a request to a source, until `is_late` says that it took too long.
pub(crate) fn judge(
    source: &Source,
    (method, url): (&str, &str),
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
    is_late: &dyn Fn() -> bool,
) -> Result<Judged, (Reason, Problem)> {
    let mut budget = Budget::new(is_late);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    match source.receive(&Incoming { method, url, headers: &headers, body }, now, &mut budget) {
        Decision::Challenge { status, content_type, body } => {
            Ok(Judged::Answered("challenge", response(status, content_type, body)))
        }
        Decision::Ignored(acknowledgement) => Ok(Judged::Answered("ignored", acknowledge(&acknowledgement))),
        Decision::Rejected(reason) => Err((reason, refused(reason))),
        Decision::Accepted(accepted) => {
            let items = source.events(&accepted, &mut budget).map_err(|reason| (reason, refused(reason)))?;
            Ok(Judged::Events { acknowledgement: accepted.acknowledgement, items })
        }
    }
}

/// The answer that a provider wants.
pub(super) fn acknowledge(acknowledgement: &Acknowledgement) -> Response {
    let Acknowledgement { status, content_type, body } = acknowledgement;
    response(*status, content_type, body.to_string())
}

fn response(status: u16, content_type: &str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(body)).into_response();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// What a stranger is told. Whoever does not prove who they are learns nothing of how far they came.
fn refused(reason: Reason) -> Problem {
    match reason.status() {
        401 => {
            Problem::new(Kind::Unproven, "the request is not signed as this source expects: compare secret and preset")
        }
        403 => Problem::new(Kind::WrongToken, "the verify token is not the one of this source: compare both"),
        405 => Problem::new(Kind::MethodNotAllowed, reason.to_string())
            .with_header(header::ALLOW, HeaderValue::from_static("POST, PUT, PATCH")),
        413 => Problem::new(Kind::TooLarge, reason.to_string()),
        503 => Problem::unavailable(reason.to_string()),
        415 => Problem::new(Kind::MediaType, reason.to_string()),
        _ => Problem::new(Kind::Malformed, reason.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use barid_inbound::presets;
    use barid_registry::source::{SourceReading, read};
    use serde_json::json;

    use super::*;

    #[test]
    fn asks_a_provider_to_send_again_what_took_too_long() {
        let document = json!({"name": "hook", "preset": "url-secret", "items": "/*"});
        let reading = SourceReading { presets: presets(), tenant: None, current: None };
        let source = Source::compile(Arc::new(read(&document, &reading).unwrap())).unwrap();
        let judged = |is_late: bool| {
            let url = ("POST", "https://a.example/in/st_x");
            judge(&source, url, &HeaderMap::new(), b"[1]", DateTime::UNIX_EPOCH, &move || is_late)
        };
        assert!(judged(false).is_ok());
        let Err((reason, problem)) = judged(true) else { panic!("it is late") };
        assert_eq!((reason, problem.kind()), (Reason::Slow, Kind::Unavailable));
    }
}
