//! The files of this machine: who may read them, and whether they can be written.

use std::fs;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::config::Settings;
use crate::private::is_open_to_others;
use crate::registry::{admin_key, master_key};

const CHECK: &str = "files";

/// Looks at what is kept on this machine.
pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let secret = [
        settings.store.url.file(),
        master_key::development_file(settings),
        Some(settings.store.copy()),
        Some(admin_key::file(settings)),
        settings.security.master_key_file.clone(),
        settings.broker.url_file.clone(),
        settings.store.url_file.clone(),
    ];
    let present: Vec<PathBuf> = secret.into_iter().flatten().filter(|file| file.exists()).collect();
    let mut findings: Vec<_> = present.iter().filter_map(|file| open_to_others(file)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{} with secrets, none open to others", files(present.len()))));
    }
    findings.extend(settings.store.url.file().and_then(|file| unwritable(&file)));
    findings
}

fn files(count: usize) -> String {
    crate::output::count(count, "file")
}

fn open_to_others(file: &Path) -> Option<Finding> {
    let shown = file.display();
    match is_open_to_others(file) {
        Ok(false) => None,
        Ok(true) => Some(Finding::warning(
            CHECK,
            format!("{shown} can be read by others on this machine"),
            format!("chmod 600 {shown}"),
        )),
        Err(error) => {
            Some(Finding::failed(CHECK, format!("{shown} cannot be looked at: {error}"), "check its directory"))
        }
    }
}

/// The directory of the database, or the first one above it that exists.
fn unwritable(database: &Path) -> Option<Finding> {
    let directory =
        database.ancestors().skip(1).find(|directory| directory.as_os_str().is_empty() || directory.exists())?;
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    match fs::metadata(directory) {
        Ok(metadata) if !metadata.permissions().readonly() => None,
        Ok(_) => Some(Finding::failed(
            CHECK,
            format!("{} cannot be written to", directory.display()),
            "let the user that runs barid write there, or set store.url",
        )),
        Err(error) => Some(Finding::failed(
            CHECK,
            format!("{} cannot be looked at: {error}", directory.display()),
            "let the user that runs barid use it, or set store.url",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::Status;
    use super::*;
    use crate::config::tests::settings;

    #[test]
    fn names_a_file_that_others_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("barid.db");
        let settings = settings(&format!("store.url = 'sqlite:{}'", database.display()));
        let key = directory.path().join("barid.db.key");
        fs::write(&key, "x").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(examine(&settings).iter().all(|finding| finding.status == Status::Ok));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let findings = examine(&settings);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].status, Status::Warning);
        assert_eq!(findings[0].advice, Some(format!("chmod 600 {}", key.display())));
    }
}
