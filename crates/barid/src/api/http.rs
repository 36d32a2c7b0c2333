//! The API of a gateway that runs, over HTTP.

use std::time::Duration;

use anyhow::{Context, bail};
use barid_egress::{Client, Config, Guard, Headers, Method, Request, Url};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};

use super::answer::Answer;
use super::options::{DEFAULT_URL, Options};
use super::{Path, Unavailable};
use crate::config::Settings;
use crate::exit::Usage;

/// How long an answer may take: longer than a gateway waits for routers, or for the outcome of a test.
const DEADLINE: Duration = Duration::from_mins(2);

/// The longest answer that is read, in bytes: a page of subscriptions with long lists of patterns.
const MAX_ANSWER: usize = 64 << 20;

/// A gateway, and the key for it.
pub(crate) struct Http {
    client: Client,
    base: Url,
    key: Option<SecretString>,
}

impl Http {
    /// Nothing is asked yet.
    pub(super) fn new(options: &Options, settings: &Settings) -> anyhow::Result<Self> {
        barid_egress::install_crypto_provider();
        let text = options.url.as_deref().filter(|url| !url.is_empty()).unwrap_or(DEFAULT_URL);
        let base = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(base) = base else {
            bail!(Usage(format!("{text:?} (--url, BARID_URL) is no url: give {DEFAULT_URL}, or https://...")));
        };
        let config = Config {
            // The operator's own URL, not one of strangers.
            guard: Guard { allow_http: true, allow_private_networks: true },
            max_response_body: MAX_ANSWER,
            ..Config::default()
        };
        Ok(Self { client: Client::new(&config)?, base, key: options.key(settings)? })
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &Path,
        body: Option<Bytes>,
        if_match: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).with_context(|| format!("{base}{path} is no url"))?;
        let mut headers = Headers::new();
        headers.set("accept", "application/json")?;
        if let Some(key) = &self.key {
            headers.set("authorization", &format!("Bearer {}", key.expose_secret()))?;
        }
        if let Some(version) = if_match {
            headers.set("if-match", version)?;
        }
        let body = match body {
            Some(body) => {
                let patches = method == Method::Patch;
                headers
                    .set("content-type", if patches { "application/merge-patch+json" } else { "application/json" })?;
                body
            }
            None => Bytes::new(),
        };
        let request = Request { method, url, headers, body, deadline: DEADLINE };
        let answer = self
            .client
            .call(request)
            .await
            .map_err(|failure| Unavailable::Unreachable { url: base.to_owned(), reason: failure.to_string() })?;
        Answer::read(base, answer.status, |name| answer.header(name), &answer.body)
    }
}
