//! An explanation as JSON: what the API answers.

use serde_json::{Value, json};

use super::{Explained, Explanation, Fit, Judged, Schema, ShownRequest, shown::MASK};
use crate::{
    conformity::Mismatch,
    filter::{Filter, Seen, SeenValue, Verdict},
};

impl Explanation<'_> {
    /// The whole explanation.
    pub fn to_json(&self) -> Value {
        let envelope = &self.event.envelope;
        let refused = self.refused.as_ref();
        json!({
            "event": envelope,
            "message_id": envelope.message_id().as_str(),
            "refused": refused.map(|refused| json!({"reason": refused.reason(), "detail": refused.to_string()})),
            "schema": self.schema.to_json(),
            "fanout": self.fanout,
            "subscriptions": self.subscriptions.iter().map(|explained| explained.to_json(self)).collect::<Value>(),
            "truncated": self.truncated,
        })
    }
}

impl Schema {
    fn to_json(&self) -> Value {
        match self {
            Self::Unchecked => json!({"validation": "off", "verdict": "unchecked", "errors": []}),
            Self::Valid(validation) => json!({"validation": validation.as_str(), "verdict": "valid", "errors": []}),
            Self::Mismatch(validation, mismatch) => {
                json!({"validation": validation.as_str(), "verdict": "mismatch", "errors": errors(mismatch)})
            }
        }
    }
}

fn errors(mismatch: &Mismatch) -> Value {
    match mismatch {
        Mismatch::Violations(violations) => {
            let listed = violations.listed().iter();
            listed
                .map(|fault| json!({"pointer": format!("/data{}", fault.pointer), "message": fault.message}))
                .collect()
        }
        whole => json!([{"pointer": "/data", "message": whole.to_string()}]),
    }
}

impl Explained<'_> {
    fn to_json(&self, explanation: &Explanation<'_>) -> Value {
        let subscription = self.subscription;
        let (pattern, nearest) = match self.pattern {
            Fit::Matches(pattern) => (Some(pattern.as_str()), None),
            Fit::Nearest(pattern) => (None, Some(pattern.as_str())),
            Fit::Nothing => (None, None),
        };
        let request = self.request.as_ref().and_then(|request| request.as_ref().ok());
        json!({
            "id": subscription.id.as_str(),
            "name": subscription.name.as_str(),
            "verdict": self.outcome.as_str(),
            "why": self.why(explanation),
            "pattern": pattern,
            "nearest_pattern": nearest,
            "paused": subscription.paused,
            "filter": subscription.filter.as_ref().map(|filter| judged(filter, self.filter.as_ref())),
            "request": request.map(ShownRequest::to_json),
        })
    }
}

fn judged(filter: &Filter, judged: Option<&Judged>) -> Value {
    let (verdict, error) = match judged.map(|judged| &judged.verdict) {
        None => ("not_asked", None),
        Some(Verdict::Match) => ("match", None),
        Some(Verdict::NoMatch) => ("no_match", None),
        Some(Verdict::Error(error)) => ("error", Some(error)),
    };
    let values = judged.into_iter().flat_map(|judged| &judged.values).map(seen).collect::<Value>();
    json!({
        "source": filter.source(),
        "verdict": verdict,
        "error": error,
        "values": values,
        "slow": judged.is_some_and(|judged| judged.is_slow),
    })
}

fn seen(seen: &Seen) -> Value {
    match &seen.value {
        SeenValue::Whole(value) => json!({"path": seen.path, "value": value}),
        SeenValue::Cut(text) => json!({"path": seen.path, "value": text, "truncated": true}),
        SeenValue::Absent => json!({"path": seen.path, "absent": true}),
    }
}

impl ShownRequest {
    fn to_json(&self) -> Value {
        let header = |header: &super::ShownHeader| match &header.value {
            Some(value) => json!({"name": header.name, "value": value}),
            None => json!({"name": header.name, "value": MASK, "masked": true}),
        };
        json!({
            "method": self.method,
            "url": self.url,
            "headers": self.headers.iter().map(header).collect::<Value>(),
            "body": self.body.text,
            "body_encoding": if self.body.is_base64 { "base64" } else { "text" },
            "body_bytes": self.body.length,
            "body_truncated": self.body.truncated,
        })
    }
}
