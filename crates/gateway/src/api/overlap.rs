//! How long what is old counts beside what is new: the body of every rotation.

use std::time::Duration;

use barid_registry::{DEFAULT_OVERLAP, MAX_OVERLAP};
use serde_json::Value;

use crate::http::Problem;

/// The overlap in a body that has nothing else; a day where there is none.
pub(super) fn overlap(body: Option<&Value>) -> Result<Duration, Problem> {
    let Some(body) = body else { return Ok(DEFAULT_OVERLAP) };
    let Value::Object(fields) = body else { return Err(Problem::at("", "is no object: give overlap, or nothing")) };
    if let Some(unknown) = fields.keys().find(|key| *key != "overlap") {
        let pointer = format!("/{}", unknown.replace('~', "~0").replace('/', "~1"));
        return Err(Problem::at(&pointer, "is unknown: use overlap"));
    }
    fields.get("overlap").map_or(Ok(DEFAULT_OVERLAP), duration)
}

/// The overlap that a request gives.
pub(super) fn duration(value: &Value) -> Result<Duration, Problem> {
    let overlap = value.as_str().and_then(|text| humantime::parse_duration(text).ok());
    let bounded = overlap.filter(|overlap| *overlap <= MAX_OVERLAP);
    bounded.ok_or_else(|| Problem::at("/overlap", "is no duration: write it like 24h, at most 30days"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_sign_for_a_day_unless_told() {
        assert_eq!(overlap(None).unwrap(), DEFAULT_OVERLAP);
        assert_eq!(overlap(Some(&json!({}))).unwrap(), DEFAULT_OVERLAP);
        assert_eq!(overlap(Some(&json!({"overlap": "0s"}))).unwrap(), Duration::ZERO);
        assert_eq!(overlap(Some(&json!({"overlap": "30days"}))).unwrap(), MAX_OVERLAP);
    }

    #[test]
    fn refuses_what_is_no_overlap() {
        for body in [json!([]), json!({"overlap": 5}), json!({"overlap": "31days"}), json!({"for": "24h"})] {
            assert!(overlap(Some(&body)).is_err(), "{body}");
        }
    }
}
