//! Which files are meant, and what is in them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use barid_registry::file::MAX_BYTES;

/// What stands for standard input.
const STDIN: &str = "-";

/// What files of a folder end with, to be read.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// The most files of one folder.
const MAX_FILES: usize = 10_000;

/// The files, and those of folders in the order of their names; and why some cannot be found.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match folder(path) {
            Ok(found) if found.is_empty() => {
                problems.push(format!("{}: holds no .yaml, .yml or .json file", path.display()));
            }
            Ok(found) => files.extend(found),
            Err(error) => problems.push(format!("{}: cannot be read: {error}", path.display())),
        }
    }
    (files, problems)
}

fn folder(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)?.take(MAX_FILES) {
        let file = entry?.path();
        let is_meant = file.extension().and_then(|end| end.to_str()).is_some_and(|end| EXTENSIONS.contains(&end));
        if is_meant && file.is_file() {
            found.push(file);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What a file is called in messages.
pub(super) fn shown(file: &Path) -> String {
    if file.as_os_str() == STDIN { "standard input".to_owned() } else { file.display().to_string() }
}

/// The text of a file, and one byte more than is allowed, so that the parser sees that there is more.
pub(super) fn text(file: &Path) -> io::Result<String> {
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    if file.as_os_str() == STDIN {
        io::stdin().take(limit).read_to_string(&mut text)?;
    } else {
        File::open(file)?.take(limit).read_to_string(&mut text)?;
    }
    Ok(text)
}
