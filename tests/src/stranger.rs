//! A subscriber that shares no code with ours: an HTTP server of another language, which verifies and parses what it
//! receives with the libraries that receivers use.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::http::{Answer, request};
use crate::{PATIENCE, found, python, run};

/// The script that makes Node's libraries ready and runs programs with them.
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dev/clients");

/// The receiver for Node.
const NODE: &str = include_str!("../node/receiver.mjs");

/// The language of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `tests/python/receiver.py`.
    Python,
    /// `tests/node/receiver.mjs`.
    Node,
}

/// A receiver that runs. Killed when dropped.
pub struct Stranger {
    address: SocketAddr,
    _child: Child,
}

impl Stranger {
    /// Starts one that does with a request what `checks` has at its path. `directory` is for a file of its own.
    ///
    /// # Errors
    /// When its libraries cannot be installed, or it does not start.
    pub async fn start(language: Language, checks: &Value, directory: &Path) -> Result<Self> {
        let mut command = match language {
            Language::Python => {
                let mut command = Command::new(python::interpreter().await?);
                command.arg(python::script("receiver.py"));
                command
            }
            Language::Node => {
                run(Command::new(CLIENTS).arg("prepare")).await?.success()?;
                // Node looks for modules beside the program, and not in the sources.
                let program = directory.join("receiver.mjs");
                std::fs::write(&program, NODE)?;
                let mut command = Command::new(CLIENTS);
                command.arg("run").arg(program);
                command
            }
        };
        let mut child = command
            .env("CHECKS", checks.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start the receiver in {language:?}"))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let port = BufReader::new(stdout).lines().next_line().await?.context("it ended before it listened")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port.trim().parse()?));
        Ok(Self { address, _child: child })
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request that is not Barid's, with what it came to.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        request(self.address, "POST", path, headers, body).await
    }

    /// What each request came to, by path, once every path had one.
    ///
    /// # Errors
    /// When some path had none after [`PATIENCE`].
    pub async fn results(&self) -> Result<Value> {
        let look = async || {
            let results = request(self.address, "GET", "/", &[], b"").await?.success()?;
            let answered = |paths: &Map<String, Value>| paths.values().all(|path| path != &json!([]));
            Ok(results.as_object().is_some_and(answered).then_some(results))
        };
        found("every path had a request", PATIENCE, look).await
    }
}
