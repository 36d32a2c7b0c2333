//! What secrets in the store are sealed with: the key of the settings, or, beside a SQLite database, one made for
//! development.

use std::io;
use std::path::{Path, PathBuf};

use barid_store::{InvalidMasterKey, MasterKeys};
use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use crate::config::{Hidden, Settings, beside};
use crate::private;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// None is given, and this store is not one for which a key is made.
    #[error(
        "security.master_key is not set, and secrets in PostgreSQL are sealed with it: make one with `barid keys \
         new-master` and give it to every process (BARID_SECURITY__MASTER_KEY or BARID_SECURITY__MASTER_KEY_FILE)"
    )]
    Missing,
    /// One of them is no key.
    #[error("security.{0}")]
    Invalid(InvalidMasterKey),
    /// What is in the file for development is no key.
    #[error("{} holds no master key: put back the one that was there, or move the store away with it", .0.display())]
    InvalidFile(PathBuf),
    /// The key for development cannot be kept or read.
    #[error("the master key in {} cannot be kept there or read: give one as security.master_key", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No key can be made.
    #[error("the system gives no random bytes")]
    NoRandomness(#[source] getrandom::Error),
}

/// Where the key for development is, if the store is a file.
pub(crate) fn development_file(settings: &Settings) -> Option<PathBuf> {
    settings.store.url.file().map(|file| beside(&file, "key"))
}

/// Whether secrets are sealed with a key that was made for development.
pub(crate) fn is_for_development(settings: &Settings) -> bool {
    settings.security.master_key.secret().is_none()
}

/// The keys of the settings; beside a SQLite database one is made where none is given.
pub(crate) fn keys(settings: &Settings) -> Result<MasterKeys, Unusable> {
    let security = &settings.security;
    let mut others: Vec<_> = security.other_master_keys.0.iter().filter_map(Hidden::secret).cloned().collect();
    let file = development_file(settings);
    let Some(current) = security.master_key.secret() else {
        let file = file.ok_or(Unusable::Missing)?;
        let current = development(&file)?;
        return MasterKeys::new(&current, &others).map_err(|error| match error {
            InvalidMasterKey::Text if others.is_empty() => Unusable::InvalidFile(file),
            other => Unusable::Invalid(other),
        });
    };
    // Whoever moves on from the key for development can still open what it sealed.
    if let Some(file) = file.filter(|file| file.exists()) {
        let key = read(&file)?;
        if key.expose_secret() != current.expose_secret() {
            others.push(key);
        }
    }
    MasterKeys::new(current, &others).map_err(Unusable::Invalid)
}

/// A new key.
pub(crate) fn generate() -> Result<SecretString, Unusable> {
    let mut filled = Ok(());
    let key = MasterKeys::generate(|bytes| filled = getrandom::fill(bytes));
    filled.map(|()| key).map_err(Unusable::NoRandomness)
}

/// The key for development, made if it is not there.
fn development(file: &Path) -> Result<SecretString, Unusable> {
    let key = generate()?;
    let made = private::create(file, key.expose_secret())
        .map_err(|source| Unusable::File { path: file.to_owned(), source })?;
    if made {
        warn!(
            file = %file.display(),
            "a master key for development was made beside the store: back it up with the store, or give one of your own as \
             security.master_key; without it nothing sealed can be opened"
        );
    }
    read(file)
}

fn read(file: &Path) -> Result<SecretString, Unusable> {
    let text = std::fs::read_to_string(file).map_err(|source| Unusable::File { path: file.to_owned(), source })?;
    Ok(text.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::settings;

    struct Place {
        directory: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn file(&self) -> PathBuf {
            self.directory.path().join("b.db.key")
        }

        fn settings(&self, more: &str) -> Settings {
            settings(&format!("store.url = 'sqlite:{}'\n{more}", self.directory.path().join("b.db").display()))
        }
    }

    #[test]
    fn a_key_for_development_is_made_once_and_used_again() {
        let place = Place::new();
        let sealed = keys(&place.settings("")).unwrap().seal("a", b"x");
        assert!(!private::is_open_to_others(&place.file()).unwrap());
        assert_eq!(&**keys(&place.settings("")).unwrap().open("a", &sealed).unwrap(), b"x");
    }

    #[test]
    fn a_key_of_ones_own_still_opens_what_the_one_for_development_sealed() {
        let place = Place::new();
        let sealed = keys(&place.settings("")).unwrap().seal("a", b"x");
        let own = generate().unwrap();
        let settings = place.settings(&format!("security.master_key = '{}'", own.expose_secret()));
        assert_eq!(&**keys(&settings).unwrap().open("a", &sealed).unwrap(), b"x");
    }

    #[test]
    fn postgresql_needs_a_key() {
        let refused = keys(&settings("store.url = 'postgres://h/b'")).unwrap_err();
        assert!(refused.to_string().contains("barid keys new-master"), "{refused}");
    }

    #[test]
    fn a_key_that_is_none_is_told_and_not_repeated() {
        let place = Place::new();
        let refused = keys(&place.settings("security.master_key = 's3cret'")).unwrap_err();
        assert!(matches!(refused, Unusable::Invalid(_)), "{refused}");
        assert!(!refused.to_string().contains("s3cret"));
        std::fs::write(place.file(), "s3cret").unwrap();
        let refused = keys(&place.settings("")).unwrap_err();
        assert!(matches!(refused, Unusable::InvalidFile(_)), "{refused}");
    }
}
