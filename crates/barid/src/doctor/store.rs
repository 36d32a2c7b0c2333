//! The store: whether it answers, its secrets open, and whose it is.

use super::{Finding, Status};
use crate::config::Settings;
use crate::exit::explain;
use crate::registry::{self, master_key, presence};

const CHECK: &str = "store";

/// What was found, and the installation that processes with these settings have, if it is known.
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    pub(super) installation: Option<String>,
}

impl From<Finding> for Examined {
    fn from(finding: Finding) -> Self {
        Self { findings: vec![finding], installation: None }
    }
}

/// Opens the store, unless there is none to open.
pub(super) async fn examine(settings: &Settings) -> Examined {
    if let Some(file) = &settings.subscriptions {
        let text = format!("not used: subscriptions come from {}", file.display());
        let findings = vec![Finding::skipped(CHECK, text)];
        return Examined { findings, installation: Some(presence::FROM_FILE.to_owned()) };
    }
    if let Some(file) = settings.store.url.file().filter(|file| !file.exists()) {
        return Finding::ok(
            CHECK,
            format!("{} is not there yet: it is made when `barid serve` starts", file.display()),
        )
        .into();
    }
    // Where it is missing, opening would make one.
    if let Some(file) = master_key::development_file(settings).filter(|file| !file.exists())
        && settings.security.master_key.secret().is_none()
    {
        let text = format!("the database is there, and its master key in {} is not", file.display());
        return Finding::failed(CHECK, text, "put the file back, or give the key as security.master_key").into();
    }
    let url = &settings.store.url;
    let store = match registry::store(settings) {
        Ok(store) => store,
        Err(error) => return Finding::failed(CHECK, explain(&error), "see `barid config --default`").into(),
    };
    let prepared = store.prepare().await;
    let mut examined: Examined = match prepared {
        Ok(installation) => Examined {
            findings: vec![Finding::ok(
                CHECK,
                format!("{url} answers, and its secrets open; installation {}", installation.id),
            )],
            installation: Some(installation.id),
        },
        Err(error) if registry::is_passing(&error) => {
            let text = format!("{url}: {}", explain(&error.into()));
            Finding::failed(CHECK, text, "start the database, and check store.url").into()
        }
        Err(error) => Finding::failed(CHECK, explain(&error.into()), "see docs/guides/operating.md").into(),
    };
    if master_key::is_for_development(settings) {
        examined.findings.push(Finding {
            check: "master key",
            status: Status::Warning,
            text: "secrets are sealed with the key for development, which lies beside them".to_owned(),
            advice: Some("give one of your own: `barid keys new-master`, then `barid keys rotate-master`".to_owned()),
        });
    }
    store.close().await;
    examined
}
