//! Starting `barid` in a world: as a process that stays, or for one command.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::process::Command;

use super::World;
use crate::Api;
use crate::command::{Finished, run};
use crate::process::{Process, binary};

/// The prefix of the variables that `barid` reads.
const VARIABLES: &str = "BARID_";

/// A process to start.
pub struct Launch<'w> {
    world: &'w mut World,
    roles: String,
    /// The file to read instead of the store.
    file: Option<PathBuf>,
    variables: Vec<(String, String)>,
}

impl<'w> Launch<'w> {
    pub(super) fn new(world: &'w mut World, roles: &[&str]) -> Self {
        let file = world.registry.is_none().then(|| world.subscriptions());
        Self { world, roles: roles.join(","), file, variables: Vec::new() }
    }

    /// With a setting.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another file of subscriptions.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        self.file = Some(path.to_owned());
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(self) -> Result<Process> {
        let process = self.spawn()?;
        process.ready().await?;
        Ok(process)
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(self) -> Result<Process> {
        // Whoever else takes the port in between is rare, and makes the test fail, not pass.
        let operations = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = barid(self.world)?;
        let name = format!("{} {}", self.roles, self.world.processes.len() + 1);
        // Each has a copy of its own of what it knows, as on a machine of its own.
        let copy = self.world.path(&format!("{}.copy", name.replace([',', ' '], "-")));
        command
            .args(["serve", "--roles", &self.roles, "--listen", &operations.to_string()])
            .env("BARID_STORE__COPY", copy)
            .envs(self.variables);
        if let Some(file) = &self.file {
            command.arg("--subscriptions").arg(file);
        }
        let process = Process::spawn(name, &mut command, operations)?;
        self.world.processes.push(process.clone());
        Ok(process)
    }
}

impl World {
    /// Runs one command of `barid` to its end.
    ///
    /// # Errors
    /// When it cannot be run. How it ends is the caller's to judge.
    pub async fn barid(&self, arguments: &[&str]) -> Result<Finished> {
        run(barid(self)?.args(arguments)).await
    }
}

impl World {
    /// Runs a shell script that calls `barid` and `curl` and knows this API as `BARID_URL` and `BARID_KEY`.
    ///
    /// # Errors
    /// When it cannot be run. How it ends is the caller's to judge.
    pub async fn shell(&self, script: &str, api: &Api) -> Result<Finished> {
        let barid = barid(self)?;
        let mut shell = Command::new("bash");
        let directory = binary()?.parent().map(Path::to_owned).unwrap_or_default();
        let path = std::env::join_paths(
            std::iter::once(directory).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        )?;
        for (name, value) in barid.as_std().get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.args(["-euo", "pipefail", "-c", script]).current_dir(self.directory.path()).env("PATH", path);
        shell.env("BARID_URL", api.url()).env("BARID_KEY", api.key());
        run(&mut shell).await
    }
}

/// The binary with the world's settings and none of the caller's.
fn barid(world: &World) -> Result<Command> {
    let mut command = Command::new(binary()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(VARIABLES) {
            command.env_remove(name);
        }
    }
    let namespace = world.names.inbox();
    let namespace = namespace.strip_suffix(".inbox").unwrap_or(&namespace);
    command
        .current_dir(world.directory.path())
        .env("BARID_BROKER__URL", world.process_url.as_str())
        .env("BARID_BROKER__NAMESPACE", namespace)
        .env("BARID_BROKER__EVENTS_EXCHANGE", world.names.events())
        .env("BARID_SECURITY__ALLOW_HTTP", "true")
        .env("BARID_SECURITY__ALLOW_PRIVATE_NETWORKS", "true");
    world.tell_store(&mut command);
    Ok(command)
}
