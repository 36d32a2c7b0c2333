//! Where each setting comes from.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// One of the places a setting can come from, the weakest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// The file that is compiled in.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Environment,
    /// The command line.
    CommandLine,
}

impl Origin {
    /// What gave `key`, in words an operator can search for; nothing for a default.
    pub(crate) fn name(&self, key: &str) -> Option<String> {
        match self {
            Self::Default => None,
            Self::File(path) => Some(path.display().to_string()),
            Self::Environment => Some(variable(key)),
            Self::CommandLine => Some("command line".to_owned()),
        }
    }
}

/// The variable that gives `key`.
pub(crate) fn variable(key: &str) -> String {
    format!("{}{}", super::source::PREFIX, key.replace('.', "__").to_uppercase())
}

/// The origin of every key that is not a default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// `key` is given by `origin`, which is stronger than whatever gave it before.
    pub(super) fn set(&mut self, key: String, origin: Origin) {
        self.0.insert(key, origin);
    }

    /// Where `key` comes from.
    pub(crate) fn of(&self, key: &str) -> &Origin {
        self.0.get(key).unwrap_or(&Origin::Default)
    }

    /// [`Origin::name`] of the origin of `key`.
    pub(crate) fn given_by(&self, key: &str) -> Option<String> {
        self.of(key).name(key)
    }
}
