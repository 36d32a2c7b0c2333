//! What a token endpoint answers (RFC 6749, sections 5.1 and 5.2). It is somebody else's text: only what must be is taken
//! from it.

use std::time::Duration;

use barid_headers::Field;
use serde_json::Value;

use crate::Response;

/// How long a token lives whose endpoint does not say.
const UNSAID_LIFE: Duration = Duration::from_mins(5);

/// The longest life that is believed.
const MAX_LIFE: Duration = Duration::from_hours(24);

/// How long an error code may be to be repeated, in bytes.
const MAX_CODE: usize = 40;

/// Why an answer holds no token. Repeats nothing of it but an error code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoToken {
    #[error("the token endpoint answered {status}{}", code.as_ref().map(|code| format!(": {code}")).unwrap_or_default())]
    Refused { status: u16, code: Option<String> },
    #[error("the token endpoint answered {0} without an access_token in json")]
    Missing(u16),
    #[error("the token endpoint gave a token of a type other than bearer")]
    Type,
    #[error("the token endpoint gave a token that does not fit into a header")]
    Unsendable,
}

/// The header that carries the token, and how long it lives.
pub(super) fn read(response: &Response, secret: &str) -> Result<(Field, Duration), NoToken> {
    let status = response.status;
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let body = body.unwrap_or_default();
    if !(200..300).contains(&status) {
        let code = body["error"].as_str().filter(|code| is_code(code) && !code.contains(secret));
        return Err(NoToken::Refused { status, code: code.map(str::to_owned) });
    }
    let token = body["access_token"].as_str().filter(|token| !token.is_empty()).ok_or(NoToken::Missing(status))?;
    // Some servers leave it out, although they must not.
    if body["token_type"].as_str().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(NoToken::Type);
    }
    let field = Field::bearer(token).map_err(|_| NoToken::Unsendable)?;
    Ok((field, life(&body["expires_in"])))
}

/// A number of seconds; from some servers, as text.
fn life(expires_in: &Value) -> Duration {
    let seconds = expires_in.as_u64().or_else(|| expires_in.as_str()?.parse().ok());
    seconds.map_or(UNSAID_LIFE, Duration::from_secs).min(MAX_LIFE)
}

/// Whether it looks like an error code: `invalid_client`.
fn is_code(text: &str) -> bool {
    text.len() <= MAX_CODE && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Result<(String, u64), String> {
        let body = body.to_owned().into();
        let response = Response {
            status,
            retry_after: None,
            location: None,
            content_type: None,
            body,
            truncated: false,
            latency: Duration::ZERO,
        };
        let read = read(&response, "sesame").map_err(|error| error.to_string());
        read.map(|(field, life)| (field.value().to_owned(), life.as_secs()))
    }

    #[test]
    fn reads_the_token_of_the_rfc_and_its_life() {
        let token =
            |rest: &str| answered(200, &format!(r#"{{"access_token":"2YotnFZFEjr1zCsicMWpAA"{rest}}}"#)).unwrap();
        assert_eq!(
            token(r#","token_type":"Bearer","expires_in":3600"#),
            ("Bearer 2YotnFZFEjr1zCsicMWpAA".into(), 3600)
        );
        assert_eq!(token(r#","expires_in":"60""#).1, 60);
        assert_eq!(token(r#","expires_in":999999999"#).1, 86_400);
        assert_eq!(token(r#","expires_in":-1"#).1, 300);
        assert_eq!(token("").1, 300);
    }

    #[test]
    fn says_why_there_is_no_token_without_repeating_secrets() {
        let refused = |status, body| answered(status, body).unwrap_err();
        assert_eq!(refused(400, r#"{"error":"invalid_client"}"#), "the token endpoint answered 400: invalid_client");
        assert_eq!(refused(401, r#"{"error":"sesame"}"#), "the token endpoint answered 401");
        assert_eq!(refused(400, r#"{"error":"Say \n this"}"#), "the token endpoint answered 400");
        assert_eq!(refused(503, "<html>"), "the token endpoint answered 503");
        assert_eq!(refused(200, "<html>"), "the token endpoint answered 200 without an access_token in json");
        assert_eq!(
            refused(200, r#"{"access_token":"t","token_type":"mac"}"#),
            "the token endpoint gave a token of a type other than bearer"
        );
        assert_eq!(
            refused(200, r#"{"access_token":"a\nb"}"#),
            "the token endpoint gave a token that does not fit into a header"
        );
    }
}
