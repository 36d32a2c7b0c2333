//! Client credentials (RFC 6749, section 4.4): what is shown to a token endpoint to get the token that requests carry.
//! Settings only; the token is fetched by whoever sends.

use barid_headers::Field;
use url::Url;

use super::access::digest;
use super::auth::{InvalidAuth, credential};
use super::{InvalidDestination, parse_url};

/// Where the client's id and secret go in the request for a token (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// Into the `authorization` header, as every server must accept.
    #[default]
    Basic,
    /// Into the body.
    Body,
}

impl ClientAuth {
    /// Both by their names in documents.
    pub const ALL: [(&'static str, Self); 2] = [("basic", Self::Basic), ("body", Self::Body)];

    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Body => "body",
        }
    }
}

/// Client credentials, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuth2 {
    token_url: Url,
    client: Client,
    digest: [u8; 32],
}

/// Who asks for a token, and for what kind of token.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// The client's name at the token endpoint.
    pub id: String,
    /// The client's password there. A secret.
    pub secret: String,
    /// Which rights are asked for, separated by spaces.
    pub scope: Option<String>,
    /// For whom the token is to be good, which some servers want to know.
    pub audience: Option<String>,
    /// Where id and secret go.
    pub auth: ClientAuth,
}

impl OAuth2 {
    /// Credentials for the token endpoint at `token_url`, which obeys the rules of every destination's URL.
    pub fn new(token_url: Url, client: Client) -> Result<Self, InvalidAuth> {
        let Client { id, secret, scope, audience, auth } = &client;
        for required in [id, secret] {
            if credential(required)?.is_empty() {
                return Err(InvalidAuth::Empty);
            }
        }
        let (scope, audience) = (scope.as_deref().unwrap_or_default(), audience.as_deref().unwrap_or_default());
        credential(scope)?;
        credential(audience)?;
        if *auth == ClientAuth::Basic {
            // Encoded twice, both may be too long for a header: told now, not by every request for a token.
            Field::client(id, secret)?;
        }
        let digest = digest(&[token_url.as_str(), id, secret, scope, audience, auth.as_str()]);
        Ok(Self { token_url, client, digest })
    }

    /// The URL of a token endpoint: as of a destination.
    pub fn url(text: &str, allow_http: bool) -> Result<Url, InvalidDestination> {
        parse_url(text, allow_http)
    }

    /// Where tokens are asked for. May hold a secret: not for logs.
    pub fn token_url(&self) -> &Url {
        &self.token_url
    }

    /// Who asks.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// SHA-256 of all of it: equal exactly for equal credentials.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

#[cfg(test)]
mod tests {
    use barid_headers::HeaderError;

    use super::*;

    fn by(auth: ClientAuth, secret: &str) -> Result<OAuth2, InvalidAuth> {
        let url = OAuth2::url("https://id.example.com/token", false).unwrap();
        OAuth2::new(url, Client { id: "barid".into(), secret: secret.into(), scope: None, audience: None, auth })
    }

    #[test]
    fn refuses_credentials_that_do_not_fit_into_the_header_they_go_into() {
        // Three bytes each in a form, and four for three in the header.
        let secret = "&".repeat(2048);
        assert!(matches!(by(ClientAuth::Basic, &secret), Err(InvalidAuth::Header(HeaderError::TooLong(_)))));
        assert!(by(ClientAuth::Body, &secret).is_ok());
        assert!(by(ClientAuth::Basic, &"x".repeat(2048)).is_ok());
    }
}
