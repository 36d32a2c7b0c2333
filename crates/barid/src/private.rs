//! Files that only their owner may read: made whole or not at all, and never over another.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Read and write for the owner, nothing for others.
const OWNER_ONLY: u32 = 0o600;

/// The bits that let others in.
const OTHERS: u32 = 0o077;

/// Makes a file with this text and a line end. `false` if there is one already, which is left as it is.
///
/// Of several processes that do this at once, one makes the file, and the others find it complete.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory)?;
    }
    let draft = draft(path);
    let outcome = write(&draft, text).and_then(|()| match fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    });
    let removed = fs::remove_file(&draft);
    let made = outcome?;
    removed.map(|()| made)
}

/// Whether anybody but the owner may read or write it.
pub(crate) fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.mode() & OTHERS != 0)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// Where the file is written before it gets its name.
fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:08x}", fastrand::u32(..)));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_file_for_its_owner_and_no_second_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data").join("key");
        assert!(create(&path, "first").unwrap());
        assert!(!create(&path, "second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\n");
        assert!(!is_open_to_others(&path).unwrap());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn of_many_at_once_one_wins_and_nobody_reads_half_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let made = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    scope.spawn({
                        let path = &path;
                        move || create(path, &n.to_string()).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|made| *made).count()
        });
        assert_eq!(made, 1);
        assert_eq!(fs::read_to_string(&path).unwrap().len(), 2);
    }
}
