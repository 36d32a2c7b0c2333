//! What became of the events of a request, and the answer that says so.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use barid_event::Envelope;
use serde_json::{Value, json};

use crate::http::{Kind, Problem, RETRY_SOON};

/// Says what an event's schema does not like.
const WARNING: HeaderName = HeaderName::from_static("barid-warning");

/// An event that the broker has.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) id: String,
    pub(super) message_id: String,
    pub(super) warning: Option<String>,
}

impl Accepted {
    pub(super) fn new(envelope: &Envelope, warning: Option<String>) -> Self {
        Self { id: envelope.id.to_string(), message_id: envelope.message_id().to_string(), warning }
    }
}

/// The answer about one event.
pub(super) fn one(outcome: Result<Accepted, Problem>) -> Result<Response, Problem> {
    let Accepted { id, message_id, warning } = outcome?;
    let mut response = (StatusCode::ACCEPTED, Json(json!({"id": id, "message_id": message_id}))).into_response();
    if let Some(Ok(warning)) = warning.map(|warning| HeaderValue::from_str(&warning)) {
        response.headers_mut().insert(WARNING, warning);
    }
    Ok(response)
}

/// The answer about each of several: 202 if any was accepted, else the problem that says most about when to try again.
pub(super) fn many(outcomes: &[Result<Accepted, Problem>]) -> Result<Response, Problem> {
    let data: Value = outcomes.iter().map(item).collect();
    if outcomes.iter().any(Result::is_ok) {
        return Ok((StatusCode::ACCEPTED, Json(json!({"data": data}))).into_response());
    }
    let is = |kind| outcomes.iter().any(|outcome| matches!(outcome, Err(problem) if problem.kind() == kind));
    let problem = if is(Kind::Unavailable) {
        Problem::new(Kind::Unavailable, "no event was accepted: send the same again, with the same ids")
            .retry_after(RETRY_SOON)
    } else if is(Kind::TooMany) {
        Problem::new(Kind::TooMany, "no event was accepted: send the same again later").retry_after(RETRY_SOON)
    } else {
        Problem::new(Kind::Invalid, "no event was accepted: data says why, event by event")
    };
    Err(problem.with_data(data))
}

fn item(outcome: &Result<Accepted, Problem>) -> Value {
    match outcome {
        Ok(Accepted { id, message_id, warning }) => {
            let mut item = json!({"id": id, "message_id": message_id, "status": "accepted"});
            if let Some(warning) = warning {
                item["warning"] = json!(warning);
            }
            item
        }
        Err(problem) => json!({"status": "refused", "error": problem.to_json()}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted() -> Accepted {
        Accepted { id: "1".to_owned(), message_id: "msg_1".to_owned(), warning: None }
    }

    fn refused(kind: Kind) -> Result<Accepted, Problem> {
        Err(Problem::new(kind, "no"))
    }

    #[test]
    fn one_accepted_event_makes_a_success() {
        assert_eq!(many(&[refused(Kind::Invalid), Ok(accepted())]).unwrap().status(), 202);
    }

    #[test]
    fn a_broker_that_is_away_is_worth_another_try() {
        assert_eq!(many(&[refused(Kind::Invalid), refused(Kind::Unavailable)]).unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(many(&[refused(Kind::Invalid), refused(Kind::Forbidden)]).unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn tells_every_item() {
        let problem = many(&[refused(Kind::Invalid), refused(Kind::Forbidden)]).unwrap_err().to_json();
        assert_eq!(problem["data"][1]["error"]["status"], 403);
    }
}
