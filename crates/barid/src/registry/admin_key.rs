//! The first admin key: made once per store by the gateway that finds none, shown where only the operator looks, never in
//! a log.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Context;
use barid_gateway::keys;
use barid_store::{Error, MAX_PAGE, Scope, Store};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use tracing::info;

use super::master_key::Unusable;
use crate::config::Settings;
use crate::private;

/// What the key is called in lists.
const NAME: &str = "first admin key";

/// What its file is called beside the database, or in the working directory.
const FILE: &str = "admin.key";

/// Where the key goes where nobody watches.
pub(crate) fn file(settings: &Settings) -> PathBuf {
    if let Some(file) = &settings.gateway.admin_key_file {
        return file.clone();
    }
    let database = settings.store.url.file();
    database.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).join(FILE)
}

/// Makes the key if the store has no admin key.
pub(crate) async fn make_first(store: &Store, settings: &Settings, now: DateTime<Utc>) -> anyhow::Result<()> {
    // Looked at first, so that only the very first start needs a place for a key.
    if has_one(store).await? {
        return Ok(());
    }
    let mut filled = Ok(());
    // Called more than once, and must not fail at any.
    let random = |bytes: &mut [u8]| {
        if filled.is_ok() {
            filled = getrandom::fill(bytes);
        }
    };
    let (key, text) = keys::generate(Scope::Admin, None, NAME.to_owned(), random, now);
    filled.map_err(Unusable::NoRandomness)?;
    let file = file(settings);
    // A file that was asked for wins over the terminal.
    let to_terminal = settings.gateway.admin_key_file.is_none() && io::stderr().is_terminal();
    if to_terminal {
        if store.add_first_admin_key(&key).await? {
            eprintln!("\n  The first admin key, shown only now: {}\n", text.expose_secret());
        }
        return Ok(());
    }
    // The file first: a key that is registered and was never shown would lock everybody out. Under a name of its own, since
    // another gateway may be doing the same, and only one of us will have made the key.
    let draft = file.with_extension(format!("{}.new", key.id));
    let made = private::create(&draft, text.expose_secret())
        .with_context(|| format!("cannot keep the first admin key in {}", file.display()))?;
    debug_assert!(made, "the name of the draft holds the id of a new key");
    let added = store.add_first_admin_key(&key).await;
    if !matches!(added, Ok(true)) {
        fs::remove_file(&draft).ok();
        return added.map(drop).map_err(Into::into);
    }
    // What an earlier store left there opens nothing any more.
    fs::rename(&draft, &file).with_context(|| format!("the first admin key is in {}", draft.display()))?;
    info!(file = %file.display(), "the first admin key was made: move it to a safe place");
    Ok(())
}

async fn has_one(store: &Store) -> Result<bool, Error> {
    let mut after: Option<String> = None;
    loop {
        let page = store.keys(None, after.as_deref(), MAX_PAGE).await?;
        if page.items.iter().any(|key| key.scope == Scope::Admin && key.revoked_at.is_none()) {
            return Ok(true);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::settings;

    #[test]
    fn the_file_is_beside_the_database_unless_told() {
        assert_eq!(file(&settings("")), Path::new("barid-data/admin.key"));
        assert_eq!(file(&settings("store.url = 'postgres://h/b'")), Path::new("admin.key"));
        assert_eq!(file(&settings("gateway.admin_key_file = '/k'")), Path::new("/k"));
    }
}
