//! The configuration: the compiled-in defaults, a file, the environment and the command line, each stronger than the
//! one before.
//!
//! `default.toml` is at once the defaults, the reference and the example, so the three cannot disagree. A key that does
//! not exist is an error, wherever it was given: a misspelt limit must not be a limit silently left at its default.

mod advice;
mod broker;
mod error;
mod gateway;
mod hidden;
mod origin;
mod problem;
mod public_url;
mod publishers;
mod recipes;
mod roles;
mod security;
mod show;
mod source;
mod store;
mod store_url;
mod streams;
mod telemetry;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod url;

use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ::config::Config;
use ::config::builder::{ConfigBuilder, DefaultState};
use barid_broker::topology::{Options, Topology};
use serde::{Deserialize, Serialize};

pub(crate) use advice::advice;
pub(crate) use broker::AtStart;
pub(crate) use error::Error;
pub(crate) use hidden::Hidden;
pub(crate) use origin::variable;
pub(crate) use show::to_toml;
pub(crate) use source::DEFAULT;
pub(crate) use store::beside;
pub(crate) use url::BrokerUrl;

use broker::Broker;
use gateway::{Gateway, Quotas};
use origin::{Origin, Origins};
use problem::Problems;
use publishers::Tenants;
use recipes::Recipes;
use roles::{Dispatcher, Router};
use security::Security;
use source::{Known, Layer};
use store::Store;
use streams::{Journal, Ledger};
use telemetry::Telemetry;
use text::optional_path;

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "barid.toml";

/// Every setting, checked. Serialized with its secrets masked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The file of subscriptions of processes that run without a store.
    #[serde(with = "optional_path")]
    pub(crate) subscriptions: Option<PathBuf>,
    /// RabbitMQ.
    pub(crate) broker: Broker,
    /// Every event, as published.
    pub(crate) journal: Journal,
    /// What became of them.
    pub(crate) ledger: Ledger,
    /// Where the registry is.
    pub(crate) store: Store,
    /// The role.
    pub(crate) gateway: Gateway,
    /// What a tenant may have.
    pub(crate) quotas: Quotas,
    /// Logs, metrics and health.
    pub(crate) telemetry: Telemetry,
    /// What is forbidden unless allowed here.
    pub(crate) security: Security,
    /// The role.
    pub(crate) router: Router,
    /// The role.
    pub(crate) dispatcher: Dispatcher,
    /// Who may speak for whom.
    pub(crate) tenants: Tenants,
    /// How well-known receivers want to be spoken to.
    pub(crate) recipes: Recipes,
}

/// Where settings are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The file that must be there; otherwise `barid.toml` is read if it is.
    pub(crate) file: Option<PathBuf>,
    /// The variables of the environment, ours and others.
    pub(crate) environment: HashMap<String, String>,
    /// Keys and values of the command line.
    pub(crate) command_line: Vec<(String, String)>,
}

/// The settings, and where each comes from.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The settings.
    pub(crate) settings: Settings,
    /// Where they come from.
    pub(crate) origins: Origins,
}

impl Sources {
    /// Reads all sources and checks what they say together.
    pub(crate) fn load(&self) -> Result<Loaded, Error> {
        let defaults = Layer::toml(Origin::Default, DEFAULT)?;
        let known = Known::of(&defaults);
        let mut layers = vec![defaults];
        layers.extend(self.file_layer()?);
        layers.push(Layer::environment(&self.environment, &known)?);
        layers.push(Layer::command_line(&self.command_line));

        let mut problems = source::misspelt(&self.environment, &known);
        let mut origins = Origins::default();
        for layer in &layers {
            layer.note(&known, &mut origins, &mut problems);
        }
        problems.none_or((), &origins)?;

        let mut settings = merge(layers, &origins)?;
        read_files(&mut settings, &origins)?;
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let settings = problems.none_or(settings, &origins)?;
        Ok(Loaded { settings, origins })
    }

    fn file_layer(&self) -> Result<Option<Layer>, Error> {
        let path = self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
        match fs::read_to_string(path) {
            Ok(text) => Layer::toml(Origin::File(path.to_owned()), &text)
                .map(Some)
                .map_err(|source| Error::Syntax { path: path.to_owned(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.file.is_none() => Ok(None),
            Err(source) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }
}

impl Settings {
    /// What the broker crate has to know. `connection_name` is what RabbitMQ lists the connections under.
    pub(crate) fn connection(&self, connection_name: String) -> barid_broker::Config {
        barid_broker::Config { ledger: self.ledger.enabled, ..self.broker.connection(connection_name) }
    }

    /// Everything that is declared on the broker.
    pub(crate) fn topology(&self) -> Topology {
        Topology::new(&self.broker.names(), &self.options())
    }

    fn options(&self) -> Options {
        Options {
            work_lanes: self.broker.work_lanes,
            journal: self.journal.retention(),
            ledger: self.ledger.retention(),
        }
    }

    fn check(&self, problems: &mut Problems) {
        self.broker.check(problems);
        self.journal.check(problems);
        self.ledger.check(problems);
        self.store.check(problems);
        self.quotas.check(problems);
        self.router.check(problems);
        self.dispatcher.check(problems);
    }
}

fn merge(layers: Vec<Layer>, origins: &Origins) -> Result<Settings, Error> {
    let builder = layers.into_iter().fold(Config::builder(), ConfigBuilder::<DefaultState>::add_source);
    serde_path_to_error::deserialize(builder.build()?).map_err(|error| {
        let key = error.path().to_string();
        let mut problems = Problems::default();
        problems.add(&key, error::without_key(error.into_inner()));
        problems.none_or((), origins).err().unwrap_or_default().into()
    })
}

/// Takes secrets from their files, unless a stronger source gives the secret itself.
fn read_files(settings: &mut Settings, origins: &Origins) -> Result<(), Error> {
    let Settings { broker, store, security, .. } = settings;
    from_file("broker.url", broker.url_file.as_deref(), &mut broker.url, origins)?;
    from_file("store.url", store.url_file.as_deref(), &mut store.url, origins)?;
    from_file("security.master_key", security.master_key_file.as_deref(), &mut security.master_key, origins)
}

/// The value of `key` from the file that `{key}_file` names.
fn from_file<T>(key: &'static str, path: Option<&Path>, value: &mut T, origins: &Origins) -> Result<(), Error>
where
    T: FromStr<Err: Display>,
{
    let Some(path) = path else { return Ok(()) };
    if origins.of(key) > origins.of(&format!("{key}_file")) {
        return Ok(());
    }
    let text = fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    *value = text.trim().parse().map_err(|problem: T::Err| Error::InFile {
        path: path.to_owned(),
        key,
        problem: problem.to_string(),
    })?;
    Ok(())
}
