//! Where a subscription's deliveries go. The rules here are about the URL's text; which addresses may be reached is decided
//! when the connection is made. The URL's path and query are secrets with many receivers, so neither is ever printed.

mod access;
mod auth;
mod oauth2;
mod template;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use barid_event::Envelope;
use barid_headers::Method;
use bytes::Bytes;
use url::Url;

pub(crate) use self::auth::{credential, pem};
pub(crate) use self::template::is_dots;
use self::template::{PLACEHOLDER, UrlTemplate};
pub use self::{
    access::{Access, InvalidAccess, MAX_PEM_BYTES, MAX_STATIC_HEADER_BYTES, MAX_STATIC_HEADERS, TlsIdentity},
    auth::{Auth, Basic, ClientCertificate, InvalidAuth, MAX_CREDENTIAL_BYTES},
    oauth2::{Client, ClientAuth, OAuth2},
    template::{InvalidUrlTemplate, UrlFault},
};
use crate::shape::{self, ShapeError};

/// The longest URL, in bytes.
pub const MAX_URL_LENGTH: usize = 2048;
/// The shortest time an attempt may be given.
pub const MIN_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest time an attempt may be given.
pub const MAX_TIMEOUT: Duration = Duration::from_mins(1);
/// The time an attempt is given unless the subscription says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an attempt may take: [`MIN_TIMEOUT`] to [`MAX_TIMEOUT`], [`DEFAULT_TIMEOUT`] unless set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(Duration);

/// A duration is not within [`MIN_TIMEOUT`] and [`MAX_TIMEOUT`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "timeout is {}: give {} to {}",
    humantime::format_duration(*.0), humantime::format_duration(MIN_TIMEOUT), humantime::format_duration(MAX_TIMEOUT)
)]
pub struct InvalidTimeout(Duration);

impl TryFrom<Duration> for Timeout {
    type Error = InvalidTimeout;

    fn try_from(timeout: Duration) -> Result<Self, InvalidTimeout> {
        if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) { Ok(Self(timeout)) } else { Err(InvalidTimeout(timeout)) }
    }
}

impl Default for Timeout {
    fn default() -> Self {
        Self(DEFAULT_TIMEOUT)
    }
}

/// A URL that deliveries are sent to, how they are sent, and how long an attempt may take. Prints as scheme, host and port only.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    url: Target,
    timeout: Timeout,
    method: Method,
    /// `None` for most, which then cost nothing here.
    access: Option<Arc<Access>>,
}

/// Where an event goes.
#[derive(Clone, PartialEq, Eq)]
enum Target {
    /// Where every event goes.
    Fixed(Url),
    /// Where it goes is for the event to say.
    Template(UrlTemplate),
}

/// Why a URL is no destination. Never holds the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// Longer than [`MAX_URL_LENGTH`], as given or as sent.
    #[error("url has {0} bytes, percent-encoded: give at most {MAX_URL_LENGTH}")]
    UrlTooLong(usize),
    /// White space or a control character, which URL parsers silently drop.
    #[error("url holds white space or a control character: remove it, or write it as %20 and so on")]
    UrlWhiteSpace,
    /// No URL at all.
    #[error("url cannot be read: give an absolute one such as https://hooks.example.com/crm")]
    UrlSyntax(#[source] url::ParseError),
    /// Neither https nor, where allowed, http.
    #[error("url has the scheme {0}: use https (or http, if security.allow_http is set)")]
    UrlScheme(String),
    /// A user name or a password.
    #[error("url holds a user name or a password: remove them")]
    UrlUserInfo,
    /// A fragment, which is never sent.
    #[error("url holds a fragment, which is never sent: remove everything from the '#' on")]
    UrlFragment,
    /// Placeholders that cannot be used.
    #[error(transparent)]
    UrlTemplate(#[from] InvalidUrlTemplate),
}

impl Destination {
    /// A destination at the absolute `url`, which is https, or http if `allow_http`. Where it holds `{{`, it has
    /// placeholders that each event fills.
    pub fn new(url: &str, timeout: Timeout, allow_http: bool) -> Result<Self, InvalidDestination> {
        let url = if url.contains(PLACEHOLDER) {
            Target::Template(UrlTemplate::new(url, allow_http)?)
        } else {
            Target::Fixed(parse_url(url, allow_http)?)
        };
        Ok(Self { url, timeout, method: Method::default(), access: None })
    }

    /// The same destination, spoken to by this method and in this way.
    #[must_use]
    pub fn with(self, method: Method, access: Access) -> Self {
        let access = (!access.is_plain()).then(|| Arc::new(access));
        Self { method, access, ..self }
    }

    /// Where to send, but for what events fill in: with placeholders only scheme, host and port. A secret: not for logs.
    pub fn url(&self) -> &Url {
        match &self.url {
            Target::Fixed(url) => url,
            Target::Template(template) => template.origin(),
        }
    }

    /// The URL as it is registered, placeholders and all. A secret: not for logs.
    pub fn text(&self) -> &str {
        match &self.url {
            Target::Fixed(url) => url.as_str(),
            Target::Template(template) => template.source(),
        }
    }

    /// Whether events fill in a part of the URL, so that there is no one place to ask before there is an event.
    pub fn has_placeholders(&self) -> bool {
        matches!(self.url, Target::Template(_))
    }

    /// Where to send this event. A secret: not for logs.
    pub fn url_for(&self, envelope: &Envelope, data: &Bytes) -> Result<Cow<'_, Url>, ShapeError> {
        match &self.url {
            Target::Fixed(url) => Ok(Cow::Borrowed(url)),
            Target::Template(template) => Ok(Cow::Owned(template.fill(shape::context(envelope, data)?)?)),
        }
    }

    /// What a request does there.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Headers, authentication and certificate authorities, where there are any.
    pub fn access(&self) -> Option<&Access> {
        self.access.as_deref()
    }

    /// How long an attempt may take.
    pub fn timeout(&self) -> Duration {
        self.timeout.0
    }
}

/// A URL that deliveries could be sent to.
pub(crate) fn parse_url(text: &str, allow_http: bool) -> Result<Url, InvalidDestination> {
    if text.len() > MAX_URL_LENGTH {
        return Err(InvalidDestination::UrlTooLong(text.len()));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(InvalidDestination::UrlWhiteSpace);
    }
    // A URL of these schemes always has a host: the parser refuses it otherwise.
    let url = Url::parse(text).map_err(InvalidDestination::UrlSyntax)?;
    // What is kept and read again is the encoded text, which may be three times as long.
    if url.as_str().len() > MAX_URL_LENGTH {
        return Err(InvalidDestination::UrlTooLong(url.as_str().len()));
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_http => {}
        other => return Err(InvalidDestination::UrlScheme(other.to_owned())),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidDestination::UrlUserInfo);
    }
    if url.fragment().is_some() {
        return Err(InvalidDestination::UrlFragment);
    }
    Ok(url)
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url().origin().ascii_serialization())
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("url", &format_args!("{self}/…"))
            .field("timeout", &self.timeout.0)
            .field("method", &self.method)
            .field("access", &self.access)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> InvalidDestination {
        Destination::new(url, Timeout::default(), false).unwrap_err()
    }

    #[test]
    fn accepts_https_with_a_path_and_a_query() {
        let url = "https://hooks.example.com/crm?key=1";
        let destination = Destination::new(url, Timeout::default(), false).unwrap();
        assert_eq!(destination.url().as_str(), url);
    }

    #[test]
    fn accepts_http_only_when_allowed() {
        assert_eq!(refused("http://example.com/"), InvalidDestination::UrlScheme("http".into()));
        assert!(Destination::new("http://127.0.0.1:8080/", Timeout::default(), true).is_ok());
        assert!(Destination::new("ftp://example.com/", Timeout::default(), true).is_err());
    }

    #[test]
    fn refuses_user_info_and_fragments() {
        assert_eq!(refused("https://me@example.com/"), InvalidDestination::UrlUserInfo);
        assert_eq!(refused("https://:pw@example.com/"), InvalidDestination::UrlUserInfo);
        assert_eq!(refused("https://example.com/#part"), InvalidDestination::UrlFragment);
    }

    #[test]
    fn refuses_what_is_no_absolute_url() {
        for text in ["", "/crm", "example.com", "https://", "https://:443/", "https://exa%mple/"] {
            assert!(matches!(refused(text), InvalidDestination::UrlSyntax(_)), "{text}");
        }
    }

    #[test]
    fn refuses_white_space_that_parsers_drop() {
        assert_eq!(refused("https://exam\nple.com/"), InvalidDestination::UrlWhiteSpace);
        assert_eq!(refused(" https://example.com/"), InvalidDestination::UrlWhiteSpace);
    }

    #[test]
    fn refuses_a_url_too_long() {
        assert_eq!(refused(&format!("https://e.com/{}", "x".repeat(2048))), InvalidDestination::UrlTooLong(2062));
    }

    #[test]
    fn measures_a_url_as_it_is_sent_and_kept() {
        let url = |count| format!("https://e.com/{}", "é".repeat(count));
        assert_eq!(refused(&url(1000)), InvalidDestination::UrlTooLong(6014));
        assert_eq!(OAuth2::url(&url(1000), false), Err(InvalidDestination::UrlTooLong(6014)));
        let kept = Destination::new(&url(339), Timeout::default(), false).unwrap();
        assert_eq!(Destination::new(kept.text(), Timeout::default(), false).unwrap(), kept);
    }

    #[test]
    fn refuses_a_timeout_out_of_range() {
        let timeout = |millis| Timeout::try_from(Duration::from_millis(millis));
        assert_eq!(timeout(999).unwrap_err().to_string(), "timeout is 999ms: give 1s to 1m");
        assert!(timeout(60_001).is_err());
        assert!(timeout(60_000).is_ok());
    }

    #[test]
    fn prints_neither_path_nor_query() {
        let destination = Destination::new("https://e.com:8443/T0/secret?k=secret", Timeout::default(), false).unwrap();
        assert_eq!(destination.to_string(), "https://e.com:8443");
        assert!(!format!("{destination:?}").contains("secret"));
    }
}
