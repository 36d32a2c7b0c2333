//! Where a process keeps its copy: in a file of its own, since two that append to one would destroy each other's lines. The
//! first process takes the path that was configured, the next one the path with `.2`, and so on; a lock on a file beside it
//! says that it is taken, for as long as the process lives.

use std::{
    fs::{self, File},
    io, iter,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::connect::private;

/// The most processes that keep a copy at the same path.
const MAX_COPIES: usize = 16;

/// The path that was configured, and the one of this process once it has one.
#[derive(Debug)]
pub(super) struct Home {
    configured: PathBuf,
    own: OnceLock<Place>,
}

/// A path that is ours until this is dropped.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    _lock: File,
}

impl Home {
    pub(super) fn new(configured: PathBuf) -> Self {
        Self { configured, own: OnceLock::new() }
    }

    /// Where this process writes.
    pub(super) fn own(&self) -> io::Result<&Path> {
        if let Some(place) = self.own.get() {
            return Ok(&place.path);
        }
        let taken = Place::take(&self.configured)?;
        Ok(&self.own.get_or_init(|| taken).path)
    }

    /// Every path at which there may be a copy, ours or another process's.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        paths(&self.configured)
    }
}

impl Place {
    /// The first path that nobody else has.
    fn take(configured: &Path) -> io::Result<Self> {
        if let Some(directory) = configured.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::create_dir_all(directory)?;
        }
        for path in paths(configured) {
            let lock = private().write(true).create(true).truncate(false).open(with(&path, ".lock"))?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, _lock: lock }),
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        let all = format!("all {MAX_COPIES} copies beside {} are in use", configured.display());
        Err(io::Error::other(all))
    }
}

fn paths(configured: &Path) -> impl Iterator<Item = PathBuf> {
    let rest = (2..=MAX_COPIES).map(|number| with(configured, &format!(".{number}")));
    iter::once(configured.to_owned()).chain(rest)
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_path_of_its_own_and_leaves_it_to_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let configured = directory.path().join("new/copy");
        let first = Place::take(&configured).unwrap();
        let second = Place::take(&configured).unwrap();
        assert_eq!(first.path, configured);
        assert_eq!(second.path, directory.path().join("new/copy.2"));
        drop(first);
        assert_eq!(Place::take(&configured).unwrap().path, configured);
    }

    #[test]
    fn there_is_a_bound() {
        let directory = tempfile::tempdir().unwrap();
        let configured = directory.path().join("copy");
        let taken: Vec<_> = (0..MAX_COPIES).map(|_| Place::take(&configured).unwrap()).collect();
        assert!(Place::take(&configured).is_err());
        drop(taken);
    }
}
