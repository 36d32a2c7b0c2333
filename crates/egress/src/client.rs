//! The one way out: a pool of connections and a function that sends a request under a deadline.
//!
//! Everything that could surprise is switched off when the client is built; `send` adds the guard, the deadline and the
//! cap. The client is cheap to clone, and clones share the connections.

use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{redirect, retry};
use tokio::time::{Instant, timeout};

use crate::classify::classify;
use crate::config::{MAX_HTTP2_HEADER_BYTES, MAX_RESPONSE_HEADERS};
use crate::identity::Identity;
use crate::resolver::Resolver;
use crate::response::{Capped, field, read_capped};
use crate::{Config, Failure, FailureKind, Guard, Request, Response};

/// How we introduce ourselves, unless the request says otherwise.
const USER_AGENT: &str = concat!("barid/", env!("CARGO_PKG_VERSION"));

/// The client could not be built: the system's certificates or the TLS library are unusable.
#[derive(Debug, thiserror::Error)]
#[error("the http client could not be built: check that the system's root certificates are installed")]
pub struct BuildError(#[from] reqwest::Error);

/// Sends requests to users' servers, on connections of its own pool.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    guard: Guard,
    resolver: Arc<Resolver>,
    pub(crate) max_response_body: usize,
}

impl Client {
    /// Builds the client and loads the system's root certificates.
    pub fn new(config: &Config) -> Result<Self, BuildError> {
        let resolver = Arc::new(Resolver::new(config.guard, config.dns_timeout));
        let nobody = Identity { ca: None, client: None };
        Ok(Self::build(config, resolver, nobody)?)
    }

    /// Another client, with connections of its own and this identity. Their name look-ups count together.
    pub(crate) fn dressed(&self, config: &Config, identity: Identity<'_>) -> reqwest::Result<Self> {
        Self::build(config, Arc::clone(&self.resolver), identity)
    }

    fn build(config: &Config, resolver: Arc<Resolver>, identity: Identity<'_>) -> reqwest::Result<Self> {
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .dns_resolver(Arc::clone(&resolver))
            // A proxy would resolve names itself, behind the guard's back.
            .no_proxy()
            .redirect(redirect::Policy::none())
            // The delivery's schedule retries, and counts; nobody else may.
            .retry(retry::never())
            .referer(false)
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(config.pool_idle_timeout)
            .pool_max_idle_per_host(config.pool_max_idle_per_host)
            .tcp_nodelay(true)
            .http1_max_headers(MAX_RESPONSE_HEADERS)
            .http2_max_header_list_size(MAX_HTTP2_HEADER_BYTES);
        let http = identity.dress(builder)?.build()?;
        Ok(Self { http, guard: config.guard, resolver, max_response_body: config.max_response_body })
    }

    /// Sends a request and reads the response, all within the request's deadline.
    ///
    /// Any complete response is `Ok`, whatever its status. A body over the cap counts as complete: it is cut, the
    /// connection is dropped, and the status decides. A body that stops or drips past the deadline, or breaks off, is a
    /// [`Failure`] although the status is known: a receiver that fails while it answers may have failed in its work too,
    /// and a second delivery with the same id harms it less than a lost one.
    ///
    /// A request is sent at most once. The one exception is invisible: a pooled connection found closed before the
    /// first byte of the request was written is replaced by another.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        self.guarded(request, |request| self.exchange(request)).await
    }

    /// What every request goes through: the guard before it, the deadline around it.
    pub(crate) async fn guarded<T, F>(
        &self,
        request: Request,
        exchange: impl FnOnce(Request) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = reqwest::Result<T>>,
    {
        self.guard.check_url(&request.url).map_err(|refused| Failure::new(FailureKind::Blocked, refused))?;
        let deadline = request.deadline;
        match timeout(deadline, exchange(request)).await {
            Ok(result) => result.map_err(|error| classify(&error)),
            Err(_) => Err(Failure::new(
                FailureKind::Timeout,
                format_args!("no complete response within {} ms", deadline.as_millis()),
            )),
        }
    }

    async fn exchange(&self, request: Request) -> reqwest::Result<Response> {
        let started = Instant::now();
        let response = self.http.execute(outgoing(request)).await?;
        let status = response.status().as_u16();
        let content_type = field(response.headers(), &CONTENT_TYPE);
        let retry_after = field(response.headers(), &RETRY_AFTER);
        let location = field(response.headers(), &LOCATION);
        let Capped { bytes, truncated } = read_capped(response, self.max_response_body).await?;
        Ok(Response { status, content_type, retry_after, location, body: bytes, truncated, latency: started.elapsed() })
    }
}

pub(crate) fn outgoing(request: Request) -> reqwest::Request {
    let mut outgoing = reqwest::Request::new(request.method.into(), request.url);
    *outgoing.headers_mut() = request.headers.into_map();
    *outgoing.body_mut() = Some(request.body.into());
    outgoing
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use url::Url;

    use super::Client;
    use crate::{Config, FailureKind, Guard, Headers, Method, Request};

    #[tokio::test]
    async fn a_name_that_passes_as_text_is_refused_by_its_addresses() {
        let strict = Client::new(&Config::default()).unwrap();
        // A lenient check of the text before the strict resolver stands for a public name with a private address.
        let client = Client { guard: Guard { allow_http: true, allow_private_networks: true }, ..strict };
        let request = Request {
            method: Method::Post,
            url: Url::parse("http://localhost:9/").unwrap(),
            headers: Headers::new(),
            body: Bytes::new(),
            deadline: Duration::from_secs(20),
        };
        let failure = client.send(request).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Blocked, "{failure}");
    }
}
