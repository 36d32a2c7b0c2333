//! The broker's URL: checked when it is read, printed without its password.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use super::hidden::MASK;

/// The names and addresses of this machine, to which plain text is safe.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// An `amqp` or `amqps` URL with a host. It prints, and serializes, with its password masked.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct BrokerUrl(SecretString);

/// Why a text is no [`BrokerUrl`]. Never holds the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidUrl {
    /// No URL at all, or one without a host.
    #[error("cannot be read: give amqp://user:password@host:5672/%2f, with special characters as %40 and so on")]
    Syntax,
    /// A URL of something else.
    #[error("is no AMQP URL: begin it with amqp:// or amqps://")]
    Scheme,
}

impl FromStr for BrokerUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|_| InvalidUrl::Syntax)?;
        if !matches!(url.scheme(), "amqp" | "amqps") {
            return Err(InvalidUrl::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl::Syntax);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for BrokerUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl BrokerUrl {
    /// The URL with its password.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The virtual host: the path, decoded, and `/` where there is none.
    pub(crate) fn vhost(&self) -> String {
        let path = self.parsed().map(|url| url.path().to_owned()).unwrap_or_default();
        match path.strip_prefix('/').unwrap_or_default() {
            "" => "/".to_owned(),
            encoded => percent_decode(encoded),
        }
    }

    /// The user the broker knows us as.
    pub(crate) fn user(&self) -> Option<String> {
        let user = self.parsed()?.username().to_owned();
        (!user.is_empty()).then(|| percent_decode(&user))
    }

    /// Whether passwords and events travel in plain text to another machine.
    pub(crate) fn is_plain_text_to_another_machine(&self) -> bool {
        self.parsed()
            .is_some_and(|url| url.scheme() == "amqp" && url.host_str().is_some_and(|host| !LOOPBACK.contains(&host)))
    }

    /// Always there: the constructor has parsed the same text.
    fn parsed(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = self.parsed().and_then(|mut url| {
            if url.password().is_some() {
                url.set_password(Some(MASK)).ok()?;
            }
            Some(url)
        });
        match masked {
            Some(url) => url.fmt(f),
            None => f.write_str(MASK),
        }
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BrokerUrl {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// Undoes `%2f` and so on; what is no escape stays.
fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> BrokerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn prints_without_the_password() {
        let shown = url("amqps://barid:s3cret@rabbit.example:5671/crm").to_string();
        assert_eq!(shown, "amqps://barid:***@rabbit.example:5671/crm");
        assert!(!format!("{:?}", url("amqp://a:s3cret@b")).contains("s3cret"));
    }

    #[test]
    fn refuses_what_is_no_amqp_url_without_repeating_it() {
        for (text, why) in [
            ("https://a:s3cret@b", InvalidUrl::Scheme),
            ("a:s3cret@b", InvalidUrl::Scheme),
            ("amqp://", InvalidUrl::Syntax),
            ("s3cret", InvalidUrl::Syntax),
            ("", InvalidUrl::Syntax),
        ] {
            let refused = text.parse::<BrokerUrl>().unwrap_err();
            assert_eq!(refused, why, "{text}");
            assert!(!refused.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn decodes_the_virtual_host() {
        for (text, vhost) in [
            ("amqp://h/%2f", "/"),
            ("amqp://h/%2F", "/"),
            ("amqp://h", "/"),
            ("amqp://h/", "/"),
            ("amqp://h/crm", "crm"),
            ("amqp://h/a%20b%zz", "a b%zz"),
        ] {
            assert_eq!(url(text).vhost(), vhost, "{text}");
        }
    }

    #[test]
    fn decodes_the_user() {
        assert_eq!(url("amqp://crm%40eu:p@h").user().as_deref(), Some("crm@eu"));
        assert_eq!(url("amqp://h").user(), None);
    }

    #[test]
    fn knows_plain_text_to_another_machine() {
        assert!(url("amqp://rabbit.example/").is_plain_text_to_another_machine());
        assert!(!url("amqps://rabbit.example/").is_plain_text_to_another_machine());
        assert!(!url("amqp://127.0.0.1:5672/").is_plain_text_to_another_machine());
    }
}
