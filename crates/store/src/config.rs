//! Where the store is and how patient to be with it.

use std::{fmt, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::master_key::MasterKeys;

/// What a store needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://...`; may hold a password.
    pub url: SecretString,
    /// What seals the secrets in it.
    pub keys: MasterKeys,
    /// The most connections at the same time; at least 1.
    pub max_connections: u32,
    /// How long any one operation may take, waiting for a connection or for another writer included.
    pub timeout: Duration,
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file, for one machine.
    Sqlite,
    /// A server, for several machines.
    Postgres,
}

/// Why a URL names no store. Never holds the URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Neither of the two.
    #[error("store.url has the scheme {0:?}: use sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    Scheme(String),
    /// No URL at all.
    #[error("store.url cannot be read: use sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    Syntax(#[source] url::ParseError),
    /// SQLite without a file: nothing would be kept, and no two connections would share it.
    #[error("store.url names no file: use sqlite:PATH, such as sqlite:barid-data/barid.db")]
    NoFile,
    /// Options that we set ourselves.
    #[error("store.url has options after the '?': remove them, a sqlite store has none")]
    Options,
}

/// A URL, understood. `Debug` shows of a server only where it is.
#[derive(Clone)]
pub(crate) enum Location {
    /// The file.
    Sqlite(PathBuf),
    /// The server, with password and options.
    Postgres(Url),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(url) => f.debug_tuple("Postgres").field(&url.host_str()).finish(),
        }
    }
}

impl Location {
    pub(crate) fn read(url: &SecretString) -> Result<Self, InvalidUrl> {
        let text = url.expose_secret();
        let (scheme, rest) = text.split_once(':').ok_or(InvalidUrl::Syntax(url::ParseError::RelativeUrlWithoutBase))?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                match path {
                    "" | ":memory:" => Err(InvalidUrl::NoFile),
                    _ if path.contains('?') => Err(InvalidUrl::Options),
                    _ => Ok(Self::Sqlite(path.into())),
                }
            }
            "postgres" | "postgresql" => Url::parse(text).map(Self::Postgres).map_err(InvalidUrl::Syntax),
            other => Err(InvalidUrl::Scheme(other.to_owned())),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Location, InvalidUrl> {
        Location::read(&url.into())
    }

    #[test]
    fn knows_files_and_servers() {
        for url in ["sqlite:barid-data/barid.db", "sqlite:///var/lib/barid/barid.db", "sqlite://barid.db"] {
            assert_eq!(read(url).unwrap().engine(), Engine::Sqlite, "{url}");
        }
        assert!(
            matches!(read("sqlite:///a b/c%20.db"), Ok(Location::Sqlite(path)) if path.as_os_str() == "/a b/c%20.db")
        );
        for url in ["postgres://barid:pw@db/barid?sslmode=require", "postgresql://db/barid"] {
            assert_eq!(read(url).unwrap().engine(), Engine::Postgres, "{url}");
        }
    }

    #[test]
    fn says_what_is_wrong_without_the_url() {
        let refused = |url| read(url).unwrap_err();
        assert_eq!(refused("mysql://root:pw@db/barid"), InvalidUrl::Scheme("mysql".into()));
        assert_eq!(refused("sqlite::memory:"), InvalidUrl::NoFile);
        assert_eq!(refused("sqlite:"), InvalidUrl::NoFile);
        assert_eq!(refused("sqlite:barid.db?mode=ro"), InvalidUrl::Options);
        assert!(matches!(refused("postgres://:secret@"), InvalidUrl::Syntax(_)));
        assert!(matches!(refused("barid.db"), InvalidUrl::Syntax(_)));
        assert!(!refused("postgres://:secret@").to_string().contains("secret"));
    }
}
