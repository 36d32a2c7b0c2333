//! Connections: how they are made, and what each of them is told first, so that both engines give the same promises.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use data_encoding::HEXUPPER;
use sqlx::{
    AnyPool, AssertSqlSafe, ConnectOptions, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use tokio::time;
use url::Url;

use crate::{
    config::{Engine, InvalidUrl, Location},
    error::Error,
};

/// How long a transaction of ours may be idle on PostgreSQL before the server ends it: a process that stopped in the
/// middle must not hold the counter's lock for ever.
const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);
/// How often a lock on a file that another process holds is tried again.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// A pool that connects when it is first used.
pub(crate) fn pool(location: &Location, max_connections: u32, timeout: Duration) -> Result<AnyPool, Error> {
    sqlx::any::install_default_drivers();
    let url = match location {
        Location::Postgres(url) => url.clone(),
        Location::Sqlite(path) => sqlite_url(path).map_err(InvalidUrl::Syntax)?,
    };
    let greeting = greeting(location.engine(), timeout);
    let pool = AnyPoolOptions::new().max_connections(max_connections.max(1)).acquire_timeout(timeout).after_connect(
        move |connection, _| {
            let greeting = greeting.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(greeting)).await.map(drop) })
        },
    );
    // Statements are not logged: sqlx would do it at `debug`, which operators use for our own lines.
    let options = AnyConnectOptions::from_url(&url)?.disable_statement_logging();
    Ok(pool.connect_lazy_with(options))
}

/// What every connection executes first. Numbers of ours only: nothing of it comes from outside.
fn greeting(engine: Engine, timeout: Duration) -> String {
    let millis = timeout.as_millis();
    match engine {
        // With a write-ahead log, NORMAL loses no commit in a crash of the process, and none but the last in a crash of
        // the machine, which nobody was told of before the log reached the disk.
        Engine::Sqlite => format!(
            "PRAGMA busy_timeout = {millis}; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; \
             PRAGMA temp_store = MEMORY"
        ),
        Engine::Postgres => format!(
            "SET statement_timeout = {millis}; SET idle_in_transaction_session_timeout = {idle}",
            idle = IDLE_IN_TRANSACTION.as_millis()
        ),
    }
}

/// Every byte of the path that means something in a URL is escaped: a file may be called anything.
fn sqlite_url(path: &Path) -> Result<Url, url::ParseError> {
    let mut text = "sqlite:".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            text.push(byte.into());
        } else {
            text.push('%');
            text.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    // Never create: the file is made by `create_file`, for its owner only.
    text.push_str("?mode=rw");
    Url::parse(&text)
}

/// Makes the file of a SQLite store if it is not there, readable by its owner only, and the directory it is in.
pub(crate) fn create_file(path: &Path) -> Result<(), Error> {
    let at = |path: &Path| {
        let path = path.display().to_string();
        move |source| Error::File { path, source }
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(at(directory))?;
    }
    // A file that exists is not even opened: closing it again would release the locks that SQLite holds on it.
    match private().write(true).create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

/// Options that create files for their owner only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Waits for the lock of a SQLite store, which is a file beside it; held until the file is dropped.
pub(crate) async fn lock_file(database: &Path) -> Result<File, Error> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let at = |source| Error::File { path: path.display().to_string(), source };
    let file = private().write(true).create(true).truncate(false).open(&path).map_err(at)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => time::sleep(LOCK_POLL).await,
            Err(fs::TryLockError::Error(error)) => return Err(at(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_called_anything() {
        let url = sqlite_url(Path::new("/tmp/a b/50%?#.db")).unwrap();
        assert_eq!(url.as_str(), "sqlite:/tmp/a%20b/50%25%3F%23.db?mode=rw");
    }
}
