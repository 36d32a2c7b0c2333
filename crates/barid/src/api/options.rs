//! How commands reach the API: where it is, with which key, or not over HTTP at all.

use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use secrecy::{ExposeSecret, SecretString};

use crate::config::Settings;
use crate::registry::admin_key;

/// Where the API is unless told.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// Options of every command that uses the API.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "API options")]
pub(crate) struct Options {
    /// Where the API is; by default on this machine, at port 8080.
    #[arg(long, global = true, value_name = "URL", env = "BARID_URL")]
    pub(super) url: Option<String>,

    /// The API key. Rather use the variable or a file: others on this machine see command lines.
    #[arg(long, global = true, value_name = "KEY", env = "BARID_KEY", hide_env_values = true)]
    key: Option<Key>,

    /// A file that holds the API key. Without any, the first admin key's file is used if it is here.
    #[arg(long, global = true, value_name = "FILE", env = "BARID_KEY_FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,

    /// Open the store here and do it in this process, with every rule of the API, instead of asking a gateway.
    // What it conflicts with is checked apart: clap takes a variable for something that was typed.
    #[arg(long, global = true)]
    pub(super) local: bool,
}

/// An API key of the command line.
#[derive(Clone)]
struct Key(SecretString);

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.trim().into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Options {
    /// Which option was typed beside `--local`, though it says how to reach a gateway. One in the environment is for other
    /// commands.
    pub(crate) fn beside_local(matches: &ArgMatches) -> Option<&'static str> {
        let mut command = matches;
        while let Some((_, further)) = command.subcommand() {
            command = further;
        }
        if !matches!(command.try_get_one("local"), Ok(Some(true))) {
            return None;
        }
        let is_typed = |id: &str| command.value_source(id) == Some(ValueSource::CommandLine);
        let options = [("url", "--url"), ("key", "--key"), ("key_file", "--key-file")];
        options.into_iter().find_map(|(id, option)| is_typed(id).then_some(option))
    }

    /// The key to show, if there is one.
    pub(super) fn key(&self, settings: &Settings) -> anyhow::Result<Option<SecretString>> {
        // An empty variable is as good as none.
        if let Some(Key(key)) = self.key.as_ref().filter(|key| !key.0.expose_secret().is_empty()) {
            return Ok(Some(key.clone()));
        }
        if let Some(file) = &self.key_file {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the key in {} (--key-file, BARID_KEY_FILE)", file.display()))?;
            return Ok(Some(text.trim().into()));
        }
        // Only to this machine's own gateway: no other should learn a key that nobody meant for it.
        if self.url.is_some() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(admin_key::file(settings)).ok();
        Ok(text.map(|text| text.trim().into()))
    }

    /// Whether no gateway is asked.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// Whether somebody said where the API is.
    pub(crate) fn names_an_api(&self) -> bool {
        self.url.is_some()
    }

    /// Whether a key was given on purpose.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some() || self.key_file.is_some()
    }
}
