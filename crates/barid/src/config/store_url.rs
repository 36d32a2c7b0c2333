//! The URL of a store: checked when it is read, printed without its password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use super::hidden::MASK;

/// The URL of a store. It prints, and serializes, with its password masked.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct StoreUrl(SecretString);

/// Why a text is no [`StoreUrl`]. Never holds the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidStoreUrl {
    /// No URL at all, or one without a host or a file.
    #[error("cannot be read: give sqlite:path/to/barid.db or postgres://user:password@host:5432/barid")]
    Syntax,
    /// A URL of something else.
    #[error("is no store: begin it with sqlite: or postgres://")]
    Scheme,
}

impl FromStr for StoreUrl {
    type Err = InvalidStoreUrl;

    fn from_str(text: &str) -> Result<Self, InvalidStoreUrl> {
        match text.split_once(':') {
            Some(("sqlite", file)) if !file.trim_start_matches('/').is_empty() => {}
            Some(("sqlite", _)) | None => return Err(InvalidStoreUrl::Syntax),
            Some(("postgres" | "postgresql", _)) => {
                let url = Url::parse(text).map_err(|_| InvalidStoreUrl::Syntax)?;
                // Without a host the server is asked through its socket, which `?host=` names.
                if url.cannot_be_a_base() {
                    return Err(InvalidStoreUrl::Syntax);
                }
            }
            Some(_) => return Err(InvalidStoreUrl::Scheme),
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for StoreUrl {
    type Error = InvalidStoreUrl;

    fn try_from(text: String) -> Result<Self, InvalidStoreUrl> {
        text.parse()
    }
}

impl StoreUrl {
    /// The URL with its password.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The database file, if it is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let path = self.0.expose_secret().strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(path.split('?').next().unwrap_or(path).into())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.expose_secret();
        if self.file().is_some() {
            return f.write_str(text);
        }
        let Ok(mut url) = Url::parse(text) else { return f.write_str(MASK) };
        if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
            return f.write_str(MASK);
        }
        // A password may stand among the parameters as well.
        if url.query().is_some_and(|query| query.contains("password")) {
            url.set_query(Some(MASK));
        }
        url.fmt(f)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for StoreUrl {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> StoreUrl {
        text.parse().unwrap()
    }

    #[test]
    fn knows_the_database_file() {
        for (text, file) in [
            ("sqlite:barid-data/barid.db", Some("barid-data/barid.db")),
            ("sqlite:///var/lib/barid.db?mode=rwc", Some("/var/lib/barid.db")),
            ("postgres://u:p@h/barid", None),
        ] {
            assert_eq!(url(text).file(), file.map(PathBuf::from), "{text}");
        }
    }

    #[test]
    fn prints_without_the_password() {
        assert_eq!(
            url("postgres://barid:s3cret@db.example/barid").to_string(),
            "postgres://barid:***@db.example/barid"
        );
        assert!(!url("postgres://h/b?user=u&password=s3cret").to_string().contains("s3cret"));
        assert!(!format!("{:?}", url("postgres://a:s3cret@b/c")).contains("s3cret"));
    }

    #[test]
    fn refuses_what_is_no_store_without_repeating_it() {
        for (text, why) in [
            ("mysql://u:s3cret@h/b", InvalidStoreUrl::Scheme),
            ("s3cret", InvalidStoreUrl::Syntax),
            ("sqlite:", InvalidStoreUrl::Syntax),
            ("postgres:s3cret", InvalidStoreUrl::Syntax),
            ("", InvalidStoreUrl::Syntax),
        ] {
            let refused = text.parse::<StoreUrl>().unwrap_err();
            assert_eq!(refused, why, "{text}");
            assert!(!refused.to_string().contains("s3cret"));
        }
    }
}
