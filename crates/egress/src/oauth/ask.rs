//! The request for a token.

use std::time::Duration;

use barid_headers::{Field, HeaderError, Headers, Method};
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::answer::read;
use super::{Grant, Token};
use crate::{Client, Failure, FailureKind, Request};

/// Asks the endpoint for a token. Whatever goes wrong is a failure that says so, and may pass.
pub(super) async fn ask(client: &Client, grant: Grant<'_>, deadline: Duration) -> Result<Token, Failure> {
    let request = request(grant, deadline).map_err(|error| Failure::new(FailureKind::Request, error))?;
    let asked = Instant::now();
    let response = client
        .send(request)
        .await
        .map_err(|failure| Failure { detail: format!("asking for a token: {}", failure.detail), ..failure })?;
    let (field, life) =
        read(&response, grant.client_secret).map_err(|reason| Failure::new(FailureKind::Token, reason))?;
    Ok(Token::new(field, asked, life))
}

fn request(grant: Grant<'_>, deadline: Duration) -> Result<Request, HeaderError> {
    let Grant { token_url, client_id, client_secret, scope, audience, secret_in_body, digest: _ } = grant;
    let mut body = Serializer::new(String::new());
    body.append_pair("grant_type", "client_credentials");
    let credentials = secret_in_body.then_some([("client_id", client_id), ("client_secret", client_secret)]);
    let optional = [("scope", scope), ("audience", audience)];
    body.extend_pairs(credentials.into_iter().flatten());
    body.extend_pairs(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let mut headers = Headers::new();
    headers.set("content-type", "application/x-www-form-urlencoded")?;
    headers.set("accept", "application/json")?;
    if !secret_in_body {
        headers.put(&Field::client(client_id, client_secret)?)?;
    }
    Ok(Request { method: Method::Post, url: token_url.clone(), headers, body: body.finish().into(), deadline })
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn grant(token_url: &Url, secret_in_body: bool) -> Grant<'_> {
        let (scope, audience) = (Some("a b"), Some("https://api"));
        Grant { token_url, client_id: "c d", client_secret: "s:&", scope, audience, secret_in_body, digest: &[0; 32] }
    }

    #[test]
    fn shows_the_credentials_in_one_place_only() {
        let url = Url::parse("https://id.example.com/token").unwrap();
        let asked = |secret_in_body| request(grant(&url, secret_in_body), Duration::from_secs(1)).unwrap();
        let basic = asked(false);
        let field = basic.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1;
        // `c+d:s%3A%26`
        assert_eq!(field.to_str().unwrap(), "Basic YytkOnMlM0ElMjY=");
        assert_eq!(&basic.body[..], b"grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fapi");
        let body = asked(true);
        assert!(body.headers.iter().all(|(name, _)| name != "authorization"));
        let expected =
            b"grant_type=client_credentials&client_id=c+d&client_secret=s%3A%26&scope=a+b&audience=https%3A%2F%2Fapi";
        assert_eq!(&body.body[..], expected);
    }
}
