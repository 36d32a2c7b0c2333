//! Python with `pika` and `standardwebhooks`: what other people's clients and receivers are made of, so that our own
//! code is not its own judge.

use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::command::{Finished, run};

/// The script that makes the virtual environment and prints its interpreter.
const ENVIRONMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dev/python");

/// Where the scripts are.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// The interpreter's path. The first call may install packages.
///
/// # Errors
/// When it cannot be made.
pub async fn interpreter() -> Result<String> {
    static PATH: OnceCell<String> = OnceCell::const_new();
    let make = async || {
        let made = run(&mut Command::new(ENVIRONMENT)).await?.success()?;
        anyhow::Ok(made.trim().to_owned())
    };
    PATH.get_or_try_init(make).await.cloned()
}

/// The path of a script of `tests/python`.
pub(crate) fn script(name: &str) -> String {
    format!("{SCRIPTS}/{name}")
}

/// Runs a script of `tests/python` with `input` as JSON on its standard input.
///
/// # Errors
/// When it cannot be started. How it ends is the caller's to judge.
pub async fn run_script(name: &str, input: &Value) -> Result<Finished> {
    let mut child = Command::new(interpreter().await?)
        .arg(script(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&serde_json::to_vec(input)?).await?;
    }
    let output = child.wait_with_output().await?;
    Ok(Finished {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
